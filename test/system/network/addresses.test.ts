import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { type Gears, startGears } from "../../fakes/gears.ts";
import { type Endpoint, oneAttempt, setUpEndpoint, start, withDocument } from "../support/agent.ts";
import { createTestCa, type TestCa } from "../support/certificates.ts";
import { card, type OwnNetwork, openOwnNetwork } from "./own-network.ts";

/** Names and addresses as networks have them: Only IPv6, unreachable IPv6, a resolver that starts late. */

let ca: TestCa;
let network: OwnNetwork;
let gears: Gears;
let endpoint: Endpoint;

beforeAll(() => {
  ca = createTestCa();
});
afterAll(() => ca[Symbol.dispose]());

beforeEach(async () => {
  network = await openOwnNetwork();
  gears = await startGears({ tls: ca.issue("DNS:gears.test") });
  // The adapters of this machine are not in the network: the machine's ID stands for the device.
  const settings = { identify: ["hwid"], interface: undefined, caFile: ca.file };
  endpoint = setUpEndpoint(gears, { ...settings, baseUrl: `https://gears.test:${gears.port}` });
});
afterEach(async () => {
  endpoint[Symbol.dispose]();
  await gears.close();
  await network[Symbol.asyncDispose]();
});

const link = () => endpoint.link([], { within: network.within, environment: endpoint.environment });

test.each([
  ["IPv6", card.ipv6],
  ["IPv4", card.ipv4],
])("0 linked: a name with an %s address alone", async (_, address) => {
  network.setHosts([`${address} gears.test`]);
  await network.forward(gears.port, address);
  const { document } = await link();
  expect(document).toMatchObject({ outcome: "linked", requests: { token: 1, linkUser: 1 } });
});

test("0 linked: an IPv6 address that does not answer costs no attempt", async () => {
  network.setHosts([`${card.unanswered} gears.test`, `${card.ipv4} gears.test`]);
  await network.forward(gears.port, card.ipv4);
  const { document, stderr } = await link();
  expect(document).toMatchObject({ outcome: "linked", requests: { token: 1, linkUser: 1 } });
  expect(stderr).not.toContain("not-connected");
});

test("69 unreachable: with that address alone it is no connection, in the time of a request", async () => {
  network.setHosts([`${card.unanswered} gears.test`]);
  endpoint.configure({ requestTimeout: "2s", ...oneAttempt });
  const { exitCode, document } = await link();
  expect(document).toMatchObject({ outcome: "unreachable", error: { code: "not-connected" } });
  expect(exitCode).toBe(69);
});

test("0 linked: a name that resolves late is tried again until it does", async () => {
  await network.forward(gears.port, card.ipv6);
  const { child, ended } = start(["link", "--json", ...endpoint.flags, "--config", endpoint.settingsFile], {
    within: network.within,
    environment: endpoint.environment,
  });
  child.stderr?.on("data", (text: string) => {
    if (text.includes("name-not-resolved")) network.setHosts([`${card.ipv6} gears.test`]);
  });
  const { document, stderr } = withDocument(await ended);
  expect(stderr).toContain("name-not-resolved");
  expect(document.outcome).toBe("linked");
});
