/**
 * Run by the Windows Node inside the machine: `native.ts WHAT PARAMETERS…` calls one part of the platform and prints
 * its result as JSON.
 */
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { dirname } from "node:path";
import { Worker } from "node:worker_threads";
import { checkBindings } from "../../../../agent/doctor/machine/bindings.ts";
import type { SystemScheme } from "../../../../agent/network/log-on/system-log-on.ts";
import type { Paths } from "../../../../agent/platform/port.ts";
import { lookUpSids } from "../../../../agent/platform/windows/accounts/look-up-sids.ts";
import { askPrincipalName } from "../../../../agent/platform/windows/accounts/principal-name.ts";
import { sessionRows, shellToken } from "../../../../agent/platform/windows/accounts/read-sessions.ts";
import { ownToken, sessionToken } from "../../../../agent/platform/windows/accounts/read-tokens.ts";
import { boundedCalls } from "../../../../agent/platform/windows/bounded-calls.ts";
import { registerEventSource, removeEventSource, reportEvent } from "../../../../agent/platform/windows/event-log.ts";
import { makeProtectedFolder, writeProtected } from "../../../../agent/platform/windows/files/write-protected.ts";
import { parseInterfaceRows } from "../../../../agent/platform/windows/hardware/parse-adapters.ts";
import { adapterAddresses, interfaceTable } from "../../../../agent/platform/windows/hardware/read-adapters.ts";
import { smbiosTable } from "../../../../agent/platform/windows/hardware/read-firmware.ts";
import {
  fileAccess,
  fileShare,
  INVALID_HANDLE_VALUE,
  kernel32,
} from "../../../../agent/platform/windows/native/kernel32.ts";
import { oemText } from "../../../../agent/platform/windows/native/oem-text.ts";
import { wide } from "../../../../agent/platform/windows/native/pointers.ts";
import { createWindowsPlatform } from "../../../../agent/platform/windows/platform.ts";
import { readListener } from "../../../../agent/platform/windows/read-listener.ts";
import { readMachineKey } from "../../../../agent/platform/windows/read-registry.ts";
import { selfTest } from "../../../../agent/platform/windows/self-test.ts";
import { installMachine } from "../../../../agent/platform/windows/service/install-machine.ts";
import { guardStandardStreams } from "../../../../agent/render/standard-streams.ts";
import { fileStore } from "../../../../agent/state/store.ts";
import { logFileSink } from "../../../../agent/wiring/log/log-file.ts";

guardStandardStreams();
const [what = "", ...parameters] = process.argv.slice(2);
const [first = "", second = ""] = parameters;

const names = { asksFor: "account names", check: "Check that a domain controller can be reached." };

/** A call that does not return, like a look-up while Windows waits for a missing domain controller. */
async function hang(): Promise<unknown> {
  const calls = boundedCalls({ ...names, limit: 300 });
  const sleep = {
    library: "kernel32.dll",
    name: "Sleep",
    signature: { arguments: ["uint32"], return: "void" },
    parameters: [0xffff_ffff],
  } as const;
  return await calls([sleep]).then(
    () => "answered",
    (error: Error) => error.message,
  );
}

/**
 * Opens a file like a scanner, without FILE_SHARE_DELETE, or exclusively, and closes it after so many milliseconds from
 * a thread, which is running then.
 */
async function holdFile(path: string, ms: number, isShared: boolean): Promise<{ readonly released: Promise<unknown> }> {
  const shared = isShared ? fileShare.FILE_SHARE_READ | fileShare.FILE_SHARE_WRITE : 0;
  const openExisting = 3;
  const handle = kernel32().CreateFileW(wide(path), fileAccess.GENERIC_READ, shared, null, openExisting, 0, 0n);
  if (handle === INVALID_HANDLE_VALUE) throw new Error(`${path} can't be held`);
  const release = `
    const { CloseHandle } = require("node:ffi").dlopen("kernel32.dll", {
      CloseHandle: { arguments: ["uint64"], return: "int32" },
    }).functions;
    require("node:worker_threads").parentPort.postMessage("running");
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ${ms});
    CloseHandle(${handle}n);`;
  const thread = new Worker(release, { eval: true });
  const released = once(thread, "exit");
  await once(thread, "message");
  return { released };
}

const heldWorks: Readonly<Record<string, (path: string) => unknown>> = {
  protect: (path) => writeProtected(path, "secret"),
  state: (path) => fileStore(dirname(path)).write({ installation: "x" } as never),
  "read-state": (path) => {
    const { problem } = fileStore(dirname(path)).read();
    if (problem !== undefined) throw new Error(problem);
  },
  "read-credential": (path) => {
    const reading = createWindowsPlatform().readProtected(path);
    if (reading.kind !== "found") throw new Error(JSON.stringify(reading));
  },
  remove: (path) => installMachine({} as Paths, new Set()).removeFile(path),
  log: (path) => {
    const problems: unknown[] = [];
    logFileSink(
      path.replace(/\.1$/, ""),
      (code) => void problems.push(code),
    )({
      time: 0,
      level: "info",
      event: "held",
      message: "",
      fields: {},
    });
    if (problems.length > 0) throw new Error(`the log was dropped: ${problems}`);
  },
};

const works: Readonly<Record<string, () => unknown>> = {
  "self-test": () => checkBindings(async () => selfTest),
  "protect-folder": () => makeProtectedFolder(first),
  protect: () => writeProtected(first, second),
  read: () => createWindowsPlatform().readProtected(first),
  trusted: () => createWindowsPlatform().readTrusted(first),
  unseen: () => {
    const logonSources = first === "" ? {} : { ownSession: () => Number(first) };
    return createWindowsPlatform({ logonSources }).unseen?.();
  },
  "try-lock": () => createWindowsPlatform().tryLock(first),
  "hold-lock": async () => {
    const lock = createWindowsPlatform().tryLock(first);
    writeFileSync(second, `${lock.kind} ${process.pid}`);
    await new Promise(() => setInterval(() => {}, 1000));
  },
  event: () => {
    registerEventSource();
    reportEvent("credentials", first);
    const key = readMachineKey("SYSTEM\\CurrentControlSet\\Services\\EventLog\\Application\\LinkUserAgent");
    removeEventSource();
    return { registered: key?.values.map(({ name }) => name) };
  },
  tokens: () => {
    const session = sessionRows()[0]?.id ?? 0;
    using own = sessionToken(session);
    using shell = shellToken(session, "read");
    return { own: ownToken(), session: own.facts(), shell: shell?.facts() };
  },
  "own-upn": async () => (await askPrincipalName(boundedCalls({ ...names, limit: 10_000 }), undefined)) ?? "none",
  "shell-upn": async () => {
    using token = shellToken(sessionRows()[0]?.id ?? 0, "impersonate");
    const upn = await askPrincipalName(boundedCalls({ ...names, limit: 10_000 }), token?.handle ?? 0n);
    return { upn: upn ?? "none", afterwards: ownToken().userSid };
  },
  "no-upn": () => askPrincipalName(boundedCalls({ ...names, limit: 10_000 }), 0n).then(String, String),
  interfaces: () => parseInterfaceRows(interfaceTable()).map(({ alias, guid }) => ({ alias, guid })),
  names: () => lookUpSids(parameters, boundedCalls({ ...names, limit: 10_000 })),
  hang,
  listener: async () => {
    const server = createServer().listen(Number(first), second || "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const listening = readListener(port);
    server.close();
    return { listening, nobody: readListener(1), pid: process.pid };
  },
  /** The result of one part while another program has a file open that can't be renamed or removed. */
  held: async () => {
    const [file = "", , forMs = "150"] = parameters;
    const { released } = await holdFile(file, Number(forMs), !second.startsWith("read"));
    const outcome = await Promise.try(() => heldWorks[second]?.(file)).then(
      () => "done",
      (error: Error) => error.message,
    );
    await released;
    return outcome;
  },
  "oem-text": () => parameters.map((hex) => oemText(Buffer.from(hex, "hex"))),
  /** A log-on to a host, leg by leg with a peer at a port of this machine, each token a line in base64. */
  "log-on": async () => {
    const [, , port = ""] = parameters;
    const { systemLogOn } = createWindowsPlatform();
    const exchange = await systemLogOn?.start({
      scheme: first as SystemScheme,
      host: second,
      channelBinding: undefined,
    });
    const peer = connect(Number(port), "127.0.0.1").setEncoding("utf8");
    let leg = await exchange?.step(undefined);
    while (leg?.token !== undefined) {
      peer.write(`${leg.token.toString("base64")}\n`);
      const [line] = await once(peer, "data");
      leg = await exchange?.step(Buffer.from(String(line), "base64"));
    }
    peer.destroy();
    await exchange?.close();
    return { account: exchange?.account, complete: leg?.complete };
  },
  "system-proxy": () => createWindowsPlatform().systemProxy?.(new URL(first)),
  capture: () => {
    const { bytes, base } = adapterAddresses();
    return {
      smbios: smbiosTable().toString("base64"),
      interfaces: interfaceTable().toString("base64"),
      adapters: { bytes: bytes.toString("base64"), base: base.toString() },
    };
  },
};

const result = await works[what]?.();
const text = JSON.stringify(result ?? null, (_key, value) =>
  value instanceof Error ? { message: value.message } : value,
);
writeFileSync(1, `${text}\n`);
