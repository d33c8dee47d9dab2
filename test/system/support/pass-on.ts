import type { Socket } from "node:net";

/** Forwards data between two connections, and ends both when one ends. */
export function passOn(one: Socket, other: Socket): void {
  one.on("error", () => other.destroy()).on("close", () => other.destroy());
  other.on("error", () => one.destroy()).on("close", () => one.destroy());
  one.pipe(other).pipe(one);
}
