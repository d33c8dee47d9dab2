import { mkdtempDisposableSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Gears, startGears } from "../../fakes/gears.ts";
import { setUpEndpoint } from "../support/agent.ts";
import { type Daemon, freePort, startDaemon } from "./daemon.ts";

/** HAProxy in front of the API, which silently ends idle connections, as load balancers do. */

let folder: ReturnType<typeof mkdtempDisposableSync>;
let gears: Gears;
let haproxy: Daemon;
let port: number;

beforeAll(async () => {
  folder = mkdtempDisposableSync(join(tmpdir(), "linkuser-haproxy-"));
  gears = await startGears({ limit: { calls: 1000, periodMs: 60_000 } });
  port = await freePort();
  writeFileSync(
    join(folder.path, "haproxy.cfg"),
    `defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
  timeout http-keep-alive 1
frontend in
  bind 127.0.0.1:${port}
  default_backend api
backend api
  http-reuse never
  server gears 127.0.0.1:${gears.port}
`,
  );
  haproxy = await startDaemon(["haproxy", "-db", "-f", join(folder.path, "haproxy.cfg")], port);
});
afterAll(async () => {
  await haproxy?.[Symbol.asyncDispose]();
  await gears?.close();
  folder.remove();
});

test("0 linked: a connection that ends after each answer costs no attempt", async () => {
  using endpoint = setUpEndpoint(gears, { baseUrl: `http://127.0.0.1:${port}` });
  for (const user of ["first", "second", "third"]) {
    const before = gears.calls.length;
    const { document, stderr } = await endpoint.link(["--force"]);
    expect(document, user).toMatchObject({ outcome: "linked", requests: { token: 1, linkUser: 1 } });
    expect(stderr).not.toContain("connection-lost");
    // At the server: one token and one link.
    expect(gears.calls.slice(before).map(({ endpoint: asked }) => asked)).toEqual(["token", "link_user"]);
  }
});
