import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Fleet, FleetWay } from "../../bench/process-fleet.ts";
import { startGears } from "../../fakes/gears.ts";
import { createTestCa } from "../support/certificates.ts";
import { startGateway } from "./gateway.ts";

/** By the gateway, with a certificate for each device; the gateway leaves one call of the limit for its token. */
export async function byGateway({ calls, period }: Fleet["limit"]): Promise<FleetWay> {
  await using made = new AsyncDisposableStack();
  const ca = made.use(createTestCa());
  const limit = { calls, periodMs: period };
  const gears = made.use(await startGears({ tls: ca.issue("DNS:localhost"), limit, limiter: "sliding-log" }));
  const settings = { LIMIT: String(calls - 1), PERIOD: String(period / 1000) };
  const gateway = made.use(await startGateway(gears, ca, { settings }));
  const kept = made.move();
  return {
    gears,
    settingsFor: (home) => {
      const { cert, key } = ca.issue("DNS:device");
      const [clientCertFile, clientKeyFile] = [join(home, "client.pem"), join(home, "key.pem")];
      writeFileSync(clientCertFile, cert);
      writeFileSync(clientKeyFile, key, { mode: 0o600 });
      return { baseUrl: gateway.baseUrl, auth: "none", splay: "0s", caFile: ca.file, clientCertFile, clientKeyFile };
    },
    calls: () => gateway.calls().filter(({ status }) => status === 200 || status === 429).length,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}
