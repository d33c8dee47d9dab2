import { expect, test } from "vitest";
import { runProgram } from "../../agent/platform/run-program.ts";

const env = { LC_ALL: "C" };
const node = (script: string, failsInPart = false, limit = 30_000) =>
  runProgram(process.execPath, ["-e", script], { env, limit, failsInPart }).toString();

test("gives what the program prints, with its parameters untouched by a shell", () => {
  const script = "process.stdout.write(process.argv[1])";
  expect(runProgram(process.execPath, ["-e", script, "$(id) zoë"], { env }).toString()).toBe("$(id) zoë");
});

test("the program gets nothing of this one's environment", () => {
  const names = JSON.parse(node("process.stdout.write(JSON.stringify(Object.keys(process.env)))")) as string[];
  expect(names.filter((name) => !name.startsWith("__CF"))).toEqual(["LC_ALL"]);
});

test("a failure says why, unless the output still counts", () => {
  const failing = "console.log('part'); console.error('no such key'); process.exitCode = 3";
  expect(() => node(failing)).toThrow("ended with 3: no such key");
  expect(node(failing, true)).toBe("part\n");
  expect(() => node("process.exitCode = 3", true)).toThrow("ended with 3");
});

test("a program that does not end is ended", () => {
  expect(() => node("setInterval(() => {}, 1000)", false, 1)).toThrow("did not end within 0.001 s");
});

test("a program that is missing is reported", () => {
  expect(() => runProgram("/nowhere/dscl", [], { env })).toThrow("/nowhere/dscl is not installed.");
});
