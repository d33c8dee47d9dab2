import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { runFleet } from "../../bench/process-fleet.ts";
import { byGateway } from "./gateway-way.ts";

/** The executable; `npm run test:network` builds it. */
const executable = resolve(import.meta.dirname, "../../../dist/linkuser-agent-linux-x64");

test("60 real agents get through, each with about two calls, and the tenant refuses none", async () => {
  if (!existsSync(executable)) throw new Error(`${executable} is missing: npm run build -- --target linux-x64`);
  const fleet = { devices: 60, limit: { calls: 10, period: 6000 }, fleetSize: undefined, logonSpan: 2000 };
  const run = await runFleet(executable, fleet, byGateway);
  expect(run).toMatchObject({ linked: 60, accepted: 60, refused: 0, exitCodes: Array(60).fill(0) });
  // `npm run bench:processes -- --gateway` measures how long they take, on a quiet machine.
  expect(run.callsPerLink).toBeLessThanOrEqual(2.1);
});
