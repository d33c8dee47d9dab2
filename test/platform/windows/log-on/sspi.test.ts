import { describe, expect, test } from "vitest";
import { AgentError } from "../../../../agent/errors.ts";
import type { LogOnPeer } from "../../../../agent/network/log-on/system-log-on.ts";
import type { MakeCalls, NativeCall } from "../../../../agent/platform/native-calls.ts";
import { readField } from "../../../../agent/platform/native-layout.ts";
import { startBySspi } from "../../../../agent/platform/windows/log-on/sspi.ts";
import {
  negotiationInfo,
  packageInfo,
  secBuffer,
  secBufferDesc,
  sspiStatus,
} from "../../../../agent/platform/windows/log-on/sspi-tables.ts";
import { ffi } from "../../../../agent/platform/windows/native/library.ts";
import { addressOf, wide } from "../../../../agent/platform/windows/native/pointers.ts";

/** The effect of one call of InitializeSecurityContextW in {@link fakeWindows}. */
interface Leg {
  readonly status: keyof typeof sspiStatus | number;
  readonly token?: string;
  readonly isMutual?: boolean;
}

const memoryAt = (address: bigint, length: number): Buffer => ffi().toBuffer(address, length, false);

function buffersOf(description: unknown) {
  if (!(description instanceof Uint8Array)) return [];
  const bytes = Buffer.from(description);
  const list = memoryAt(
    readField(secBufferDesc, "pBuffers", bytes),
    readField(secBufferDesc, "cBuffers", bytes) * secBuffer.size,
  );
  return Array.from({ length: list.length / secBuffer.size }, (_, index) => {
    const start = index * secBuffer.size;
    const length = readField(secBuffer, "cbBuffer", list, start);
    const address = readField(secBuffer, "pvBuffer", list, start);
    const content = memoryAt(address, length);
    const put = (text: string): void => {
      memoryAt(address, text.length).write(text);
      list.writeUInt32LE(text.length, start);
    };
    return { type: readField(secBuffer, "BufferType", list, start), content, put };
  });
}

const text = (wideText: unknown): string =>
  Buffer.from(wideText as Uint8Array)
    .toString("utf16le")
    .replace("\0", "");

/** The part of Windows that {@link startBySspi} calls; it reads and writes the given memory. */
function fakeWindows(
  legs: readonly Leg[],
  { acquire = "SEC_E_OK", account = "CORP\\LAPTOP1$", negotiated = "Kerberos" } = {},
) {
  const made: string[] = [];
  const received: { target: string; flags: number; context: unknown; buffers: unknown }[] = [];
  const left = [...legs];
  const packageName = wide(negotiated);
  const info = Buffer.alloc(packageInfo.size);
  info.writeBigUInt64LE(addressOf(packageName), packageInfo.at.Name);

  const call = ({ name, parameters }: NativeCall): { result: number; parameters: unknown[] } => {
    const all = parameters.map((one) => (one instanceof Uint8Array ? Buffer.from(one) : one));
    const at = (index: number): Buffer => all[index] as Buffer;
    made.push(name);
    switch (name) {
      case "AcquireCredentialsHandleW":
        at(7).write("credential");
        return { result: sspiStatus[acquire as keyof typeof sspiStatus] | 0, parameters: all };
      case "GetUserNameExW":
        at(1).write(account, "utf16le");
        at(2).writeUInt32LE(account.length);
        return { result: account === "" ? 0 : 1, parameters: all };
      case "InitializeSecurityContextW": {
        const { status, token = "", isMutual = true } = left.shift() as Leg;
        const buffers = buffersOf(all[6]).map(({ type, content }) => [type, content.toString("latin1")]);
        received.push({ target: text(all[2]), flags: Number(all[3]), context: all[1]?.toString(), buffers });
        buffersOf(all[9])[0]?.put(token);
        at(8).write(`context ${received.length}`);
        at(10).writeUInt32LE(isMutual ? 2 : 0);
        return { result: (typeof status === "number" ? status : sspiStatus[status]) | 0, parameters: all };
      }
      case "QueryContextAttributesW":
        at(2).writeBigUInt64LE(addressOf(info), negotiationInfo.at.PackageInfo);
        return { result: 0, parameters: all };
      default:
        made.push(String(all[0]).replaceAll("\0", ""));
        return { result: 0, parameters: all };
    }
  };
  const makeCalls: MakeCalls = async (calls) => calls.map((one) => ({ lastError: 0, ...call(one) }) as never);
  return { makeCalls, made, received, info, packageName };
}

const peer: LogOnPeer = { scheme: "Negotiate", host: "proxy.corp.test", channelBinding: undefined };
const mutual = 2;
const connection = 0x800;

test("a log-on of two legs by Kerberos, with the channel's binding in each", async () => {
  const windows = fakeWindows([{ status: "SEC_I_CONTINUE_NEEDED", token: "request" }, { status: "SEC_E_OK" }]);
  const channelBinding = Buffer.from("tls-server-end-point:hash");
  const exchange = await startBySspi({ ...peer, channelBinding }, windows.makeCalls);
  expect(exchange.account).toBe("CORP\\LAPTOP1$");
  expect(await exchange.step(undefined)).toEqual({ token: Buffer.from("request"), complete: false });
  expect(await exchange.step(Buffer.from("reply"))).toEqual({ token: undefined, complete: true });
  await exchange.close();

  // SEC_CHANNEL_BINDINGS: length and offset of the application's data, and the data.
  const head = Buffer.alloc(32);
  head.writeUInt32LE(25, 24);
  head.writeUInt32LE(32, 28);
  const binding = [14, `${head.toString("latin1")}tls-server-end-point:hash`];
  const target = "HTTP/proxy.corp.test";
  expect(windows.received).toEqual([
    { target, flags: mutual | connection, context: undefined, buffers: [binding] },
    {
      target,
      flags: mutual | connection,
      context: expect.stringContaining("context 1"),
      buffers: [[2, "reply"], binding],
    },
  ]);
  expect(windows.made.slice(-6)).toEqual([
    "FreeContextBuffer",
    String(addressOf(windows.info)),
    "DeleteSecurityContext",
    "context 2",
    "FreeCredentialsHandle",
    "credential",
  ]);
});

test("an exchange that is closed during a step deletes its context after the step's last call", async () => {
  const windows = fakeWindows([{ status: "SEC_E_OK", token: "raw" }]);
  const exchange = await startBySspi(peer, windows.makeCalls);
  const step = exchange.step(undefined);
  await exchange.close();
  await step;
  const calls = windows.made.filter((one) => /^[A-Z]/.test(one));
  expect(calls.slice(-4)).toEqual([
    "QueryContextAttributesW",
    "FreeContextBuffer",
    "DeleteSecurityContext",
    "FreeCredentialsHandle",
  ]);
});

test("an exchange that is closed during a step that fails is closed", async () => {
  const windows = fakeWindows([{ status: "SEC_E_NO_CREDENTIALS" }]);
  const exchange = await startBySspi(peer, windows.makeCalls);
  const step = expect(exchange.step(undefined)).rejects.toThrow(AgentError);
  await exchange.close();
  await step;
  expect(windows.made).toContain("FreeCredentialsHandle");
});

test("NTLM is not asked for a proof, which it does not have", async () => {
  const legs = [
    { status: "SEC_I_CONTINUE_NEEDED", token: "NTLMSSP 1", isMutual: false },
    { status: "SEC_E_OK", token: "NTLMSSP 3", isMutual: false },
  ] as const;
  const windows = fakeWindows(legs, { negotiated: "NTLM" });
  const exchange = await startBySspi({ ...peer, scheme: "NTLM" }, windows.makeCalls);
  expect(await exchange.step(undefined)).toMatchObject({ complete: false });
  expect(await exchange.step(Buffer.from("challenge"))).toEqual({ token: Buffer.from("NTLMSSP 3"), complete: true });
  expect(windows.received.map(({ flags }) => flags)).toEqual([connection, connection]);
});

describe("a log-on that is complete is refused", () => {
  test("where Windows negotiated NTLM", async () => {
    const windows = fakeWindows([{ status: "SEC_E_OK", token: "x" }], { negotiated: "NTLM" });
    const exchange = await startBySspi(peer, windows.makeCalls);
    await expect(exchange.step(undefined)).rejects.toThrow(
      "Windows negotiated NTLM with proxy.corp.test instead of Kerberos.",
    );
  });

  test("if the peer did not prove itself", async () => {
    const windows = fakeWindows([{ status: "SEC_E_OK", isMutual: false }]);
    const exchange = await startBySspi(peer, windows.makeCalls);
    await expect(exchange.step(undefined)).rejects.toThrow("proxy.corp.test did not prove itself");
  });
});

test.each([
  [
    "SEC_E_TARGET_UNKNOWN",
    "credentials-refused",
    /the domain does not know this name.*setspn -S HTTP\/proxy\.corp\.test/,
  ],
  ["SEC_E_NO_AUTHENTICATING_AUTHORITY", "not-connected", /no domain controller answered.*nltest/],
  ["SEC_E_TIME_SKEW", "credentials-refused", /the clocks .* differ.*w32tm/],
  ["SEC_E_LOGON_DENIED", "credentials-refused", /the account was refused/],
] as const)("%s is named with what to do", async (status, code, says) => {
  const windows = fakeWindows([{ status }]);
  const exchange = await startBySspi(peer, windows.makeCalls);
  const refusal = expect(exchange.step(undefined)).rejects;
  await refusal.toMatchObject({ code, message: expect.stringMatching(says) });
  await exchange.close();
  expect(windows.made.at(-2)).toBe("FreeCredentialsHandle");
});

test("an account without credentials is named at the start", async () => {
  const windows = fakeWindows([], { acquire: "SEC_E_NO_CREDENTIALS" });
  await expect(startBySspi(peer, windows.makeCalls)).rejects.toThrow(
    "Windows can't log on to HTTP/proxy.corp.test by Negotiate: this account has no credentials (SEC_E_NO_CREDENTIALS, 0x8009030e). A computer's account needs a domain",
  );
});

test("an unknown status is shown as its number", async () => {
  const windows = fakeWindows([{ status: 0x8009_0326 }]);
  const exchange = await startBySspi(peer, windows.makeCalls);
  await expect(exchange.step(undefined)).rejects.toThrow(
    "Windows can't log on to HTTP/proxy.corp.test by Negotiate: InitializeSecurityContextW failed (0x80090326).",
  );
});

test("an account that Windows does not name is undefined", async () => {
  const windows = fakeWindows([], { account: "" });
  expect((await startBySspi(peer, windows.makeCalls)).account).toBeUndefined();
});
