import { expect, test } from "vitest";
import { openCalls } from "../../agent/platform/native-calls.ts";

test("after each call the last error is read, and each function is opened once", () => {
  const opened: string[] = [];
  const dlopen = (library: string, signatures: Record<string, unknown>) => {
    opened.push(library);
    const functions = Object.fromEntries(Object.keys(signatures).map((name) => [name, () => (name === "E" ? 5 : 1)]));
    return { functions };
  };
  const makeCalls = openCalls({ dlopen } as never, { library: "k", name: "E", signature: {} });
  const call = { library: "l", name: "F", signature: {}, parameters: [null, 1, new Uint8Array(2)] };
  expect(makeCalls([call, call])).toMatchObject([
    { result: 1, lastError: 5 },
    { result: 1, lastError: 5 },
  ]);
  expect(opened).toEqual(["l", "k"]);
});
