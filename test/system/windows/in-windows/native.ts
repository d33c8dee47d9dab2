/**
 * Run by the Windows Node inside the machine: `native.ts WHAT PARAMETERS…` calls one part of the platform and prints
 * what came of it as JSON.
 */
import { writeFileSync } from "node:fs";
import { lookUpSids } from "../../../../agent/platform/windows/accounts/look-up-sids.ts";
import { askPrincipalName } from "../../../../agent/platform/windows/accounts/principal-name.ts";
import { openShellToken, sessionRows, shellToken } from "../../../../agent/platform/windows/accounts/read-sessions.ts";
import { ownToken, sessionToken } from "../../../../agent/platform/windows/accounts/read-tokens.ts";
import { boundedCalls } from "../../../../agent/platform/windows/bounded-calls.ts";
import { registerEventSource, removeEventSource, reportEvent } from "../../../../agent/platform/windows/event-log.ts";
import { makeProtectedFolder, writeProtected } from "../../../../agent/platform/windows/files/protected-files.ts";
import { parseInterfaceRows } from "../../../../agent/platform/windows/hardware/parse-adapters.ts";
import { adapterAddresses, interfaceTable } from "../../../../agent/platform/windows/hardware/read-adapters.ts";
import { smbiosTable } from "../../../../agent/platform/windows/hardware/read-firmware.ts";
import { oemText } from "../../../../agent/platform/windows/native/oem-text.ts";
import { createWindowsPlatform } from "../../../../agent/platform/windows/platform.ts";
import { readMachineKey } from "../../../../agent/platform/windows/read-registry.ts";
import { selfTest } from "../../../../agent/platform/windows/self-test.ts";
import { guardStandardStreams } from "../../../../agent/render/standard-streams.ts";

guardStandardStreams();
const [what = "", ...parameters] = process.argv.slice(2);
const [first = "", second = ""] = parameters;

const names = { asksFor: "account names", check: "Check that a domain controller can be reached." };
const after = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms).unref());

/** A call that does not come back: as a name whose domain controller is gone, for Windows to wait for. */
async function hang(): Promise<unknown> {
  const calls = boundedCalls({ ...names, limit: 300, after });
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

const works: Readonly<Record<string, () => unknown>> = {
  "self-test": selfTest,
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
  tokens: () => ({
    own: ownToken(),
    session: sessionToken(sessionRows()[0]?.id ?? 0),
    shell: shellToken(sessionRows()[0]?.id ?? 0),
  }),
  "own-upn": async () =>
    (await askPrincipalName(boundedCalls({ ...names, limit: 10_000, after }), undefined)) ?? "none",
  "shell-upn": async () => {
    using token = openShellToken(sessionRows()[0]?.id ?? 0);
    const upn = await askPrincipalName(boundedCalls({ ...names, limit: 10_000, after }), token?.handle ?? 0n);
    return { upn: upn ?? "none", afterwards: ownToken().userSid };
  },
  "no-upn": () => askPrincipalName(boundedCalls({ ...names, limit: 10_000, after }), 0n).then(String, String),
  interfaces: () => parseInterfaceRows(interfaceTable()).map(({ alias, guid }) => ({ alias, guid })),
  names: () => lookUpSids(parameters, boundedCalls({ ...names, limit: 10_000, after })),
  hang,
  "oem-text": () => parameters.map((hex) => oemText(Buffer.from(hex, "hex"))),
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
