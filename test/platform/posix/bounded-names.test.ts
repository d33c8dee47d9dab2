import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import { createThreadNames, type NameLibrary } from "../../../agent/platform/posix/bounded-names.ts";

const names: NameLibrary = {
  library: "libnone.so",
  name: "The name service",
  ifFailed: "Check its sources",
  ifSilent: "Check that it runs",
  exitAtOnce: () => {},
};
const never = (): Promise<void> => new Promise(() => {});

const answering = () => new Worker(new URL("./answering-names.ts", import.meta.url));

test("a lookup is answered by the thread", async () => {
  const service = createThreadNames(names, { limit: 1000, after: never }, answering);
  expect(await service.ask("userByName", "alice")).toEqual({ name: "alice", uid: 1, gid: 2 });
});

test("an error of the name service is a failure with its errno", async () => {
  const service = createThreadNames(names, { limit: 1000, after: never }, answering);
  await expect(service.ask("groupById", 5)).rejects.toMatchObject({
    code: "identity-unreadable",
    message: "The name service failed with errno 5. Check its sources.",
  });
});

test("a lookup that takes longer than the limit fails", async () => {
  const service = createThreadNames(names, { limit: 30_000, after: async () => {} }, answering);
  await expect(service.ask("userById", 1)).rejects.toMatchObject({
    code: "identity-unreadable",
    message: "The name service did not answer within 30 s. Check that it runs.",
  });
});

test("a library that can't be opened is a failure", async () => {
  const service = createThreadNames(names, { limit: 1000, after: never });
  await expect(service.ask("userById", 1)).rejects.toMatchObject({
    code: "identity-unreadable",
    message: "The name service failed. Check its sources.",
  });
});
