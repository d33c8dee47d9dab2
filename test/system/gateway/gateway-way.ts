import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { Fleet, FleetWay } from "../../bench/process-fleet.ts";
import { startGears } from "../../fakes/gears.ts";
import { createTestCa } from "../support/certificates.ts";
import { startGateway } from "./gateway.ts";

/**
 * Calls through the gateway, with a certificate for each device; the gateway leaves one call of the limit for its
 * token.
 */
export async function byGateway({ devices, limit: { calls, period } }: Fleet): Promise<FleetWay> {
  await using made = new AsyncDisposableStack();
  const ca = made.use(createTestCa());
  // Before the fake Gears is asked for anything: openssl stops this process meanwhile.
  const pairs = Array.from({ length: devices }, () => ca.issue("DNS:device"));
  const limit = { calls, periodMs: period };
  const gears = made.use(await startGears({ tls: ca.issue("DNS:localhost"), limit, limiter: "sliding-log" }));
  const settings = { LIMIT: String(calls - 1), PERIOD: String(period / 1000) };
  const gateway = made.use(await startGateway(gears, ca, { settings }));
  for (let tries = 0; (await gateway.ask("/health")).status !== 200; tries++) {
    if (tries === 600) throw new Error(`no token within a minute: ${gateway.logs()}`);
    await wait(100);
  }
  const kept = made.move();
  return {
    gears,
    settingsFor: (home, device) => {
      const { cert = "", key = "" } = pairs[device] ?? {};
      const [clientCertFile, clientKeyFile] = [join(home, "client.pem"), join(home, "key.pem")];
      writeFileSync(clientCertFile, cert);
      writeFileSync(clientKeyFile, key, { mode: 0o600 });
      return { baseUrl: gateway.baseUrl, auth: "none", splay: "0s", caFile: ca.file, clientCertFile, clientKeyFile };
    },
    calls: () => gateway.calls().filter(({ status }) => status === 200 || status === 429).length,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}
