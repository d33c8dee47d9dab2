import { expect, test } from "vitest";
import { AgentError } from "../../../agent/errors.ts";
import type { Sender } from "../../../agent/network/exchange.ts";
import type { Platform } from "../../../agent/platform/port.ts";
import { absent, failed, found } from "../../../agent/reading.ts";
import { Secret } from "../../../agent/secret.ts";
import { guardLoopback } from "../../../agent/wiring/network/sender.ts";
import { answer } from "../../gears/answers.ts";

type Guarded = Pick<Platform, "privileged" | "caller" | "listenerOwner">;

const here = "http://127.0.0.1:8080";
const signal = new AbortController().signal;
const listening = (owner: string, trusted: boolean) => () => found({ owner, trusted }, "test");
const root: Guarded = {
  privileged: true,
  caller: async () => absent("test", "root"),
  listenerOwner: listening("root", true),
};
const service: Guarded = { ...root, privileged: false };
const stranger = listening("the user ID 1001", false);
const person: Guarded = {
  privileged: false,
  caller: async () => found({ userKey: "1000" }, "test"),
  listenerOwner: stranger,
};

async function ask(platform: Guarded, baseUrl = here, auth: "auto" | "none" = "auto") {
  const sent: string[] = [];
  const sender: Sender = {
    send: async ({ origin }) => {
      sent.push(origin);
      return answer(200);
    },
    close: async () => {},
  };
  const { origin } = new URL(baseUrl);
  const request = { method: "POST", origin, target: new Secret("/"), headers: {}, body: undefined } as const;
  const refused = await guardLoopback(sender, { auth, baseUrl }, platform)
    .send(request, signal)
    .then(
      () => undefined,
      (error: AgentError) => error,
    );
  return { sent, refused };
}

test.each<[string, Guarded, string, "auto" | "none"]>([
  ["to root's listener", root, here, "auto"],
  ["by a service, to root's listener", service, here, "auto"],
  ["by a plain user, to anybody", person, here, "auto"],
  ["without a credential, to anybody", { ...root, listenerOwner: stranger }, here, "none"],
  ["over TLS, which proves who answers", { ...root, listenerOwner: stranger }, "https://127.0.0.1:8443", "auto"],
])("sends %s", async (_, platform, baseUrl, auth) => {
  const { sent, refused } = await ask(platform, baseUrl, auth);
  expect([refused, sent.length]).toEqual([undefined, 1]);
});

test.each<[string, Guarded, string | undefined, RegExp]>([
  ["another user's listener", { ...root, listenerOwner: stranger }, undefined, /the user ID 1001 listens there/],
  ["another user's listener, by a service", { ...service, listenerOwner: stranger }, undefined, /1001 listens there/],
  [
    "one that can't be judged",
    { ...root, listenerOwner: () => failed("test", new AgentError("internal", "no")) },
    undefined,
    /owner is unknown/,
  ],
  ["a name that may lead to another address", root, "http://localhost:8080", /Write 127\.0\.0\.1/],
  ["IPv6", root, "http://[::1]:8080", /Write 127\.0\.0\.1/],
])("sends nothing to %s", async (_, platform, baseUrl, said) => {
  const { sent, refused } = await ask(platform, baseUrl);
  expect(refused).toMatchObject({ code: "credentials-exposed" });
  expect(refused?.message).toMatch(said);
  expect(sent).toEqual([]);
});

test("leaves it to the connection if the system lists no listener", async () => {
  const { sent, refused } = await ask({ ...root, listenerOwner: () => absent("test", "nobody") });
  expect([refused, sent]).toEqual([undefined, [here]]);
});
