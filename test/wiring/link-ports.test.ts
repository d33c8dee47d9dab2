import { join } from "node:path";
import { expect, test } from "vitest";
import { createLog } from "../../agent/log.ts";
import { found } from "../../agent/reading.ts";
import { resolveSettings } from "../../agent/settings/layers.ts";
import { fileStore } from "../../agent/state/store.ts";
import { linkPorts } from "../../agent/wiring/link-ports.ts";
import { fakePlatform } from "../fakes/platform.ts";
import { fakeRuntime } from "../fakes/runtime.ts";
import { makeRoot } from "../platform/linux/tree.ts";

test("credentials are read once for an attempt, and again after a wait", async () => {
  let reads = 0;
  const readProtected = () => found(`{"clientId":"client-${++reads}","clientSecret":"a secret"}`, "fake");
  const stateDir = join(makeRoot(), "state");
  const log = createLog("error", [], () => 0);
  const ports = linkPorts(
    fakeRuntime(fakePlatform({ others: { readProtected } })),
    resolveSettings([{ kind: "file", location: undefined, values: { stateDir } }]),
    {},
    { log, endLog: log, countdown: undefined, store: fileStore(stateDir) },
  );
  expect([ports.target().account, ports.target().account]).toEqual(["client-1", "client-1"]);
  await ports.rest(true);
  expect(ports.target().account).toBe("client-2");
});
