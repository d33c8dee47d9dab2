import { expect, test } from "vitest";
import { AgentError } from "../../../../agent/errors.ts";
import type { LogOnPeer } from "../../../../agent/network/log-on/system-log-on.ts";
import { mitKerberos } from "../../../../agent/platform/linux/log-on/mit.ts";
import { type LogOnAccounts, startByGss, threadFor } from "../../../../agent/platform/posix/log-on/gss-log-on.ts";
import type { GssAnswer, GssQuestion } from "../../../../agent/platform/posix/log-on/gssapi.ts";
import { absent, failed, found } from "../../../../agent/reading.ts";

const peer = { scheme: "Negotiate", host: "proxy.ad.test", channelBinding: undefined } as const;
const keytab = Buffer.concat([
  Buffer.from([5, 2, 0, 0, 0, 17, 0, 1, 0, 7]),
  Buffer.from("AD.TEST"),
  Buffer.from([0, 4]),
  Buffer.from("PC1$"),
]);
const machine = { keytab: () => found({ path: "/copy", content: keytab }, "/etc/krb5.keytab"), hostName: () => "pc1" };
const user: LogOnAccounts = { keytab: undefined, hostName: () => "pc1" };

/** A log-on with a library that gives these answers, and the questions that it got. */
function logOn(accounts: LogOnAccounts, ...answers: readonly GssAnswer[]) {
  const questions: GssQuestion[] = [];
  const left = [...answers];
  const ask = async (question: GssQuestion): Promise<GssAnswer> => {
    questions.push(question);
    return left.shift() ?? { kind: "closed" };
  };
  const start = (to: LogOnPeer) => startByGss(to, mitKerberos, accounts, ask);
  return { start, questions };
}
const started = { kind: "started", id: 1, account: "PC1$@AD.TEST" } as const;
const refused = (minor: number, text: string): GssAnswer => ({ kind: "failed", minor, text });

test("all log-ons of a process share a thread", () => {
  expect(threadFor(mitKerberos)).toBe(threadFor({ ...mitKerberos }));
});

test("the machine's account is that of the keytab, a user's that of the cache", async () => {
  const { start, questions } = logOn(machine, started);
  expect((await start(peer)).account).toBe("PC1$@AD.TEST");
  expect(questions).toEqual([
    {
      call: "start",
      host: peer.host,
      channelBinding: undefined,
      account: { principal: "PC1$@AD.TEST", keytab: "/copy" },
    },
  ]);
  const other = logOn(user, { ...started, account: "alice@AD.TEST" });
  expect((await other.start(peer)).account).toBe("alice@AD.TEST");
  expect(other.questions).toMatchObject([{ account: undefined }]);
});

test("messages are exchanged until the library is done", async () => {
  const token = Uint8Array.of(1, 2);
  const { start, questions } = logOn(
    machine,
    started,
    { kind: "stepped", token, complete: false },
    { kind: "stepped", token: undefined, complete: true },
  );
  const exchange = await start(peer);
  expect(await exchange.step(undefined)).toEqual({ token: Buffer.from(token), complete: false });
  expect(await exchange.step(Buffer.from("theirs"))).toEqual({ token: undefined, complete: true });
  await exchange.close();
  expect(questions.map(({ call }) => call)).toEqual(["start", "step", "step", "close"]);
});

test.each<readonly [string, () => ReturnType<NonNullable<LogOnAccounts["keytab"]>>, RegExp]>([
  [
    "there is none",
    () => absent("/etc/krb5.keytab", "does not exist"),
    /\/etc\/krb5\.keytab does not exist.*realm join/,
  ],
  ["it is no keytab", () => found({ path: "/copy", content: Buffer.from("text") }, "/etc/krb5.keytab"), /no principal/],
  [
    "it can't be read",
    () => failed("/etc/krb5.keytab", new AgentError("settings-exposed", "/etc/krb5.keytab can be changed.")),
    /can be changed\. To log on/,
  ],
])("a machine without an account says what to do: %s", async (_, read, message) => {
  const { start, questions } = logOn({ ...machine, keytab: read });
  await expect(start(peer)).rejects.toMatchObject({
    code: "credentials-missing",
    message: expect.stringMatching(message),
  });
  expect(questions).toEqual([]);
});

test.each([
  [-1765328377, "credentials-refused", /setspn -S HTTP\/proxy\.ad\.test ACCOUNT/],
  [-1765328347, "credentials-refused", /clock.*5 minutes/],
  [-1765328360, "credentials-refused", /adcli update/],
  [-1765328378, "credentials-refused", /no such account/],
  [-1765328228, "not-connected", /port 88/],
  [-1765328370, "credentials-refused", /encryption type/],
  [0, "credentials-refused", /kinit -k/],
])(
  "a failure with the code %i says which account was tried, the library's words and what to do",
  async (minor, code, advice) => {
    const { start } = logOn(machine, started, refused(minor, "its own words"));
    const exchange = await start(peer);
    const step = exchange.step(undefined);
    await expect(step).rejects.toThrow(
      "The account PC1$@AD.TEST can't log on to HTTP/proxy.ad.test by Kerberos: its own words. ",
    );
    await expect(step).rejects.toMatchObject({ code, message: expect.stringMatching(advice) });
  },
);

test("a user without a ticket is to get one", async () => {
  const { start } = logOn(user, refused(-1765328243, "No credentials cache found"));
  await expect(start(peer)).rejects.toThrow(/This user can't log on.*kinit/);
});
