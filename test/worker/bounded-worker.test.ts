import { Worker } from "node:worker_threads";
import { expect, test, vi } from "vitest";
import { AgentError } from "../../agent/errors.ts";
import { type Ask, createBoundedWorker } from "../../agent/worker/bounded-worker.ts";

interface Thread {
  readonly ask: Ask<string, string>;
  /** Lets the limit of all earlier questions pass. */
  expire(): void;
  /** Frees the thread. */
  openGate(): void;
}

function createThread(file = "./capitals.ts"): Thread {
  const gate = new Int32Array(new SharedArrayBuffer(4));
  const timers: (() => void)[] = [];
  const error = (message: string, cause?: unknown) => new AgentError("identity-unreadable", message, { cause });
  const ask = createBoundedWorker<string, string>(
    () => new Worker(new URL(file, import.meta.url), { workerData: gate }),
    {
      limit: 1000,
      after: () => new Promise((resolve) => timers.push(resolve)),
      tooLate: () => error("too late"),
      failed: (cause) => error("failed", cause),
      leave: () => {},
    },
  );
  return {
    ask,
    expire: () => {
      for (const expire of timers.splice(0)) expire();
    },
    openGate: () => {
      Atomics.store(gate, 0, 1);
      Atomics.notify(gate, 0);
    },
  };
}

test("each question gets its own answer", async () => {
  const { ask } = createThread();
  expect(await Promise.all(["alice", "bob", "carol"].map(ask))).toEqual(["ALICE", "BOB", "CAROL"]);
});

test("an error in the thread is a failure with its text", async () => {
  const { ask } = createThread();
  await expect(ask("bad")).rejects.toMatchObject({ message: "failed", cause: { message: "5" } });
  expect(await ask("alice")).toBe("ALICE");
});

test("a slow question fails, and later ones fail at once until the thread is free", async () => {
  const { ask, expire, openGate } = createThread();
  const blocked = [ask("wait"), ask("alice")];
  expire();
  for (const one of blocked) await expect(one).rejects.toThrow("too late");
  await expect(ask("bob")).rejects.toThrow("too late");
  openGate();
  await expect.poll(() => ask("carol").catch(String)).toBe("CAROL");
});

test("a thread that dies fails its questions, and the next question gets a new thread", async () => {
  const { ask } = createThread("./mortal.ts");
  for (const one of [ask("alice"), ask("bob")]) {
    await expect(one).rejects.toMatchObject({ message: "failed", cause: { message: "out of luck" } });
  }
  expect(await ask("carol")).toBe("carol");
});

test("the thread keeps the process alive only while an answer is awaited", async () => {
  using unref = vi.spyOn(Worker.prototype, "unref");
  const { ask, openGate } = createThread();
  const [first, second] = [ask("alice"), ask("wait")];
  await first;
  expect(unref).not.toHaveBeenCalled();
  openGate();
  await second;
  expect(unref).toHaveBeenCalledOnce();
});
