import { expect, test } from "vitest";
import { placeProgram } from "../../../installer/executable/snapshot/program-text.ts";

const text = process.binding("natives")["internal/deps/amaro/dist/index"] ?? "";
const program = Buffer.from("program();");
const between = (...parts: readonly string[]): Buffer => Buffer.from(`before${parts.join("between")}after`, "latin1");

test.each([
  ["linux", text],
  ["win32", text.replaceAll("\n", "\r\n")],
] as const)("the program takes the place of a module's text in Node for %s", (platform, there) => {
  const image = between(there);
  placeProgram(image, program, platform);
  expect(image.toString("latin1")).toBe(`before${"program();".padEnd(there.length)}after`);
});

test("a Node or a program that doesn't fit ends the build", () => {
  expect(() => placeProgram(between(), program, "linux")).toThrow("exactly once");
  expect(() => placeProgram(between(text, text), program, "linux")).toThrow("exactly once");
  expect(() => placeProgram(between(text), Buffer.alloc(text.length + 1), "linux")).toThrow("longer");
});
