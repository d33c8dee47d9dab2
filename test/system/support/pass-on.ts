import type { Socket } from "node:net";

/** Passes on what comes on either of two connections to the other, and ends both with the first. */
export function passOn(one: Socket, other: Socket): void {
  one.on("error", () => other.destroy()).on("close", () => other.destroy());
  other.on("error", () => one.destroy()).on("close", () => one.destroy());
  one.pipe(other).pipe(one);
}
