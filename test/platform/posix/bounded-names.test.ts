import { expect, test } from "vitest";
import { nss } from "../../../agent/platform/linux/libc.ts";
import { createWorkerNames } from "../../../agent/platform/posix/bounded-names.ts";

const never = (): Promise<void> => new Promise(() => {});

const answering = `
const { parentPort } = require("node:worker_threads");
parentPort.on("message", ({ id, method, parameters }) => {
  if (method === "groupById") parentPort.postMessage({ id, error: "5" });
  else parentPort.postMessage({ id, value: { name: String(parameters[0]), uid: 1, gid: 2 } });
});
`;

/** As a name service does that waits for a directory: its thread is blocked. */
const blocked = `
const { parentPort } = require("node:worker_threads");
parentPort.on("message", () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0));
`;

test("each question gets its own answer", async () => {
  const names = createWorkerNames(nss, { limit: 1000, after: never, source: answering });
  const answers = await Promise.all(["alice", "bob", "carol"].map((name) => names.ask("userByName", name)));
  expect(answers.map((user) => user?.name)).toEqual(["alice", "bob", "carol"]);
});

test("an error of the name service is a failure with its errno", async () => {
  const names = createWorkerNames(nss, { limit: 1000, after: never, source: answering });
  await expect(names.ask("groupById", 5)).rejects.toMatchObject({
    code: "identity-unreadable",
    message: expect.stringContaining("errno 5"),
  });
});

test("a lookup that takes longer than the limit fails", async () => {
  const names = createWorkerNames(nss, { limit: 30_000, after: async () => {}, source: blocked });
  await expect(names.ask("userById", 1)).rejects.toMatchObject({
    code: "identity-unreadable",
    message: expect.stringContaining("within 30 s"),
  });
});

test("a thread that dies fails what it was asked, and the next question gets a new one", async () => {
  const dying = `
const { parentPort, workerData } = require("node:worker_threads");
parentPort.on("message", ({ id, parameters }) => {
  if (parameters[0] === 666) throw new Error("out of luck");
  parentPort.postMessage({ id, value: { name: "alice", uid: parameters[0], gid: 2 } });
});
`;
  const names = createWorkerNames(nss, { limit: 1000, after: never, source: dying });
  await expect(names.ask("userById", 666)).rejects.toMatchObject({ code: "identity-unreadable" });
  expect(await names.ask("userById", 7)).toMatchObject({ uid: 7 });
});
