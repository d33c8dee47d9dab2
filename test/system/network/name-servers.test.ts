import { execFileSync } from "node:child_process";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Gears, startGears } from "../../fakes/gears.ts";
import { type Endpoint, setUpEndpoint, start, withDocument } from "../support/agent.ts";
import { type OwnNetwork, openOwnNetwork, silentNameServers } from "./own-network.ts";

/** Name servers that never answer: the C library waits for minutes, and a run that waits with it is killed here first. */

let network: OwnNetwork;
let gears: Gears;
let endpoint: Endpoint;

beforeEach(async () => {
  network = await openOwnNetwork(silentNameServers);
  gears = await startGears();
  endpoint = setUpEndpoint(gears, {
    identify: ["hwid"],
    interface: undefined,
    baseUrl: "https://gears.test",
    requestTimeout: "5m",
    deadline: "1h",
  });
});
afterEach(async () => {
  endpoint[Symbol.dispose]();
  await gears.close();
  await network[Symbol.asyncDispose]();
});

const run = (args: readonly string[]) =>
  start([...args, ...endpoint.flags, "--config", endpoint.settingsFile], {
    within: network.within,
    environment: endpoint.environment,
  });

/** Datagrams that were sent in the run's network. */
function queries(): number {
  const [enter = "", ...rest] = [...network.within, "cat", "/proc/net/snmp6"];
  return Number(/^Udp6OutDatagrams\s+(\d+)$/m.exec(execFileSync(enter, rest, { encoding: "utf8" }))?.[1]);
}

test("69: a signal ends the run, even while name servers are silent", async () => {
  const { child, ended } = run(["link", "--json"]);
  await expect.poll(queries).toBeGreaterThan(0);
  child.kill("SIGTERM");
  const { exitCode, document } = withDocument(await ended);
  expect(document).toMatchObject({ outcome: "unreachable", error: { code: "interrupted" } });
  expect(exitCode).toBe(69);
});

test("69: so does the deadline", async () => {
  endpoint.configure({ deadline: "2s" });
  const { exitCode, document } = withDocument(await run(["link", "--json"]).ended);
  expect(document.outcome).toBe("unreachable");
  expect(exitCode).toBe(69);
});

test("69: an attempt ends with its time limit, and the next one waits for the same look-up", async () => {
  endpoint.configure({ requestTimeout: "1s", deadline: "8s" });
  const { exitCode, document } = withDocument(await run(["link", "--json"]).ended);
  expect(document).toMatchObject({ outcome: "unreachable", error: { code: "name-not-resolved" } });
  expect(document.message).toContain("DNS servers");
  expect(exitCode).toBe(69);
});

test("doctor ends, too, and names the look-up", async () => {
  endpoint.configure({ requestTimeout: "1s" });
  const { exitCode, stdout } = await run(["doctor", "--json"]).ended;
  expect(exitCode).toBe(69);
  expect(JSON.parse(stdout).checks).toContainEqual(expect.objectContaining({ name: "name", status: "fail" }));
});
