import { expect, it } from "vitest";
import { boundedCalls, openCalls } from "../../../agent/platform/windows/native-calls.ts";

const sleeping = { source: 'require("node:worker_threads").parentPort.on("message", () => {});', data: undefined };
const failing = {
  source: `const { parentPort } = require("node:worker_threads");
    parentPort.on("message", ({ id }) => parentPort.postMessage({ id, error: "no such function" }));`,
  data: undefined,
};
const unanswered = () => new Promise<void>(() => {});
const names = { asksFor: "account names", check: "Check the network." };
const at = async () => {};

it("what is not answered in time fails, and so does what is asked after it", async () => {
  const calls = boundedCalls({ ...names, limit: 15_000, after: at, worker: sleeping, leave: () => {} });
  await expect(calls([])).rejects.toMatchObject({
    code: "identity-unreadable",
    message: expect.stringContaining("15 s"),
  });
  await expect(calls([])).rejects.toMatchObject({ code: "identity-unreadable" });
});

it("what the thread reports as an error is told as one", async () => {
  const calls = boundedCalls({ ...names, limit: 1000, after: unanswered, worker: failing });
  await expect(calls([])).rejects.toMatchObject({
    code: "identity-unreadable",
    cause: { message: "no such function" },
  });
});

it("the source of the worker needs nothing from around it", () => {
  const opened: string[] = [];
  const dlopen = (library: string, signatures: Record<string, unknown>) => {
    opened.push(library);
    const functions = Object.fromEntries(Object.keys(signatures).map((name) => [name, () => (name === "E" ? 5 : 1)]));
    return { functions };
  };
  const open = new Function(`return (${openCalls})`)() as typeof openCalls;
  const { make } = open({ dlopen } as never, { library: "k", name: "E", signature: {} });
  const call = { library: "l", name: "F", signature: {}, parameters: [null, 1, new Uint8Array(2)] };
  expect(make([call, call])).toMatchObject([
    { result: 1, lastError: 5 },
    { result: 1, lastError: 5 },
  ]);
  expect(opened).toEqual(["l", "k"]);
});
