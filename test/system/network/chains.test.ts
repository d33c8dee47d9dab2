import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Gears, startGears } from "../../fakes/gears.ts";
import { type Endpoint, oneAttempt, setUpEndpoint } from "../support/agent.ts";
import { type Daemon, freePort, startDaemon } from "./daemon.ts";
import { createPki, type Pki, valid } from "./pki.ts";

/**
 * The real program against nginx, which sends chains of certificates as real servers do: complete, incomplete, expired,
 * not yet valid.
 */

const kinds = ["whole", "leaf-alone", "expired", "not-yet-valid"] as const;
type Kind = (typeof kinds)[number];

let folder: string;
let pki: Pki;
let gears: Gears;
let nginx: Daemon;
const ports = new Map<Kind, number>();

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "linkuser-nginx-"));
  pki = createPki();
  gears = await startGears({ limit: { calls: 1000, periodMs: 60_000 } });
  for (const kind of kinds) ports.set(kind, await freePort());
  const conf = `daemon off; pid ${folder}/pid; error_log stderr; events {}
    http { access_log off; ${kinds.map(server).join("\n")} }`;
  writeFileSync(join(folder, "nginx.conf"), conf);
  nginx = await startDaemon(["nginx", "-c", join(folder, "nginx.conf")], ports.get("whole") ?? 0);
});
afterAll(async () => {
  await nginx?.[Symbol.asyncDispose]();
  await gears?.close();
  pki?.[Symbol.dispose]();
  rmSync(folder, { recursive: true });
});

const validities: Readonly<Record<Kind, readonly [string, string]>> = {
  whole: valid,
  "leaf-alone": valid,
  expired: ["20200101000000Z", "20200201000000Z"],
  "not-yet-valid": ["20450101000000Z", "20491231000000Z"],
};

function server(kind: Kind): string {
  const { key, certificates } = pki.server(kind, validities[kind], kind === "leaf-alone" ? "leaf" : "chain");
  return `server {
    listen 127.0.0.1:${ports.get(kind)} ssl;
    ssl_certificate ${certificates};
    ssl_certificate_key ${key};
    location / { proxy_pass http://127.0.0.1:${gears.port}; proxy_set_header Connection ""; }
  }`;
}

function endpointFor(kind: Kind, caFile: string): Endpoint {
  return setUpEndpoint(gears, { baseUrl: `https://localhost:${ports.get(kind)}`, caFile, ...oneAttempt });
}

describe("a server's chain", () => {
  test("0 linked: whole", async () => {
    using endpoint = endpointFor("whole", pki.rootFile);
    const { exitCode, document } = await endpoint.link();
    expect(document.outcome).toBe("linked");
    expect(exitCode).toBe(0);
  });

  test("76 protocol: without its intermediate, which is named with the remedy", async () => {
    const before = gears.calls.length;
    using endpoint = endpointFor("leaf-alone", pki.rootFile);
    const { exitCode, document } = await endpoint.link();
    expect(document).toMatchObject({ outcome: "protocol", error: { code: "tls-untrusted" } });
    expect(document.message).toContain(
      "sends only its own certificate and leaves out that of its issuer, Test Intermediate",
    );
    expect(exitCode).toBe(76);
    expect(gears.calls.length).toBe(before);
  });

  test("0 linked: that remedy, the intermediate in caFile", async () => {
    using endpoint = endpointFor("leaf-alone", pki.bothFile);
    const { document } = await endpoint.link();
    expect(document.outcome).toBe("linked");
  });

  test.each([
    ["expired", "valid from 2020-01-01 00:00 UTC to 2020-02-01 00:00 UTC", "has expired"],
    ["not-yet-valid", "valid from 2045-01-01 00:00 UTC", "Check the clock"],
  ] as const)("76 protocol: %s, with both times", async (kind, span, said) => {
    using endpoint = endpointFor(kind, pki.rootFile);
    const { exitCode, document } = await endpoint.link();
    expect(document).toMatchObject({ outcome: "protocol", error: { code: "tls-untrusted" } });
    expect(document.message).toContain(span);
    expect(document.message).toMatch(/this machine's clock says \d{4}-\d\d-\d\d \d\d:\d\d UTC/);
    expect(document.message).toContain(said);
    expect(exitCode).toBe(76);
  });

  test("doctor says the same, with the command that shows the chain", async () => {
    using endpoint = endpointFor("leaf-alone", pki.rootFile);
    const { exitCode, stdout } = await endpoint.run(["doctor", "--json", ...endpoint.flags]);
    expect(exitCode).toBe(76);
    expect(JSON.parse(stdout).checks).toContainEqual(
      expect.objectContaining({
        name: "tls",
        status: "fail",
        detail: expect.stringContaining("Test Intermediate"),
        advice: expect.stringContaining("openssl s_client -showcerts"),
      }),
    );
  });
});
