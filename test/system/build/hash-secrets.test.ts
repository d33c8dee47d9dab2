import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempDisposableSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { takeFirstSecrets } from "../../../installer/executable/elf/hash-secrets.ts";
import { fetchRuntime } from "../../../installer/executable/runtime.ts";
import { targets } from "../../../installer/executable/targets.ts";
import { readMemory } from "../support/process-memory.ts";

interface HashSecrets {
  readonly seed: bigint;
  readonly secrets: readonly bigint[];
}

/** Read-only memory that is of no file: there V8 keeps them. */
const sealed = /^(\w+)-(\w+) r--p 0+ 00:00 0 *$/gm;

/** Numbers of 24 bits, as V8 derives them from the secrets for the hashes of array indices. */
const multiplierOf = (secret: bigint): number => Number(secret & 0xffffffn) | 1;

/**
 * Finds V8's `HashSeed::Data` in a process's memory: a seed, three secrets, and for each secret a multiplier with its
 * inverse modulo 2^24.
 */
function findHashSecrets(memory: Buffer): HashSecrets | undefined {
  for (let at = 0; at + 56 <= memory.length; at += 4) {
    const multiplier = memory.readUInt32LE(at + 32);
    if (multiplier !== ((memory.readUInt32LE(at + 8) & 0xffffff) | 1)) continue;
    const secrets = [0, 1, 2].map((index) => memory.readBigUInt64LE(at + 8 + 8 * index));
    const fits = secrets.every((secret, index) => {
      const [ours, inverse] = [memory.readUInt32LE(at + 32 + 8 * index), memory.readUInt32LE(at + 36 + 8 * index)];
      return ours === multiplierOf(secret) && (Math.imul(ours, inverse) & 0xffffff) === 1 && secret >> 32n !== 0n;
    });
    if (fits) return { seed: memory.readBigUInt64LE(at), secrets };
  }
  return undefined;
}

async function secretsOfProcess(node: string): Promise<HashSecrets> {
  const child: ChildProcess = spawn(node, ["--eval", "console.log(1); setInterval(() => {}, 1e6)"], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  try {
    if (child.stdout === null || child.pid === undefined) throw new Error("Node did not start");
    await once(child.stdout, "data");
    const found = findHashSecrets(readMemory(child.pid, sealed));
    if (found === undefined) throw new Error("no secrets in Node's memory");
    return found;
  } finally {
    child.kill();
  }
}

const bitsOf = (value: bigint): number => value.toString(2).replaceAll("0", "").length;

test("the changed Node has different secrets in each process, odd and half ones", async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), "linkuser-agent-secrets-"));
  const target = targets.find(({ name }) => name === "linux-x64");
  if (target === undefined) throw new Error("there is no target linux-x64");
  const image = readFileSync(fetchRuntime(target));
  takeFirstSecrets(image, "linux-x64");
  const node = join(folder.path, "node");
  writeFileSync(node, image, { mode: 0o755 });
  const processes = [await secretsOfProcess(node), await secretsOfProcess(node)];
  const secrets = processes.flatMap((one) => one.secrets);
  expect(new Set([...secrets, ...processes.map(({ seed }) => seed)]).size).toBe(8);
  for (const secret of secrets) expect([secret & 1n, bitsOf(secret)]).toEqual([1n, 32]);
});

test("a Node without the code that is replaced ends the build", () => {
  expect(() => takeFirstSecrets(Buffer.alloc(100), "linux-x64")).toThrow("secrets of V8's hash functions");
});
