import { execFile } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempDisposableSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect } from "vitest";
import type { Gears } from "../../fakes/gears.ts";
import type { KeyPair, TestCa } from "../support/certificates.ts";
import { freePort, startDaemon } from "./daemon.ts";

const guide = readFileSync(join(import.meta.dirname, "../../../docs/gateway.md"), "utf8");

/** A fenced block of docs/gateway.md with other names, ports and paths in it; each must stand there. */
function fromGuide(language: string, substitutions: Readonly<Record<string, string>>): string {
  let text =
    new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, "ms").exec(guide)?.[1] ?? expect.fail(`no ${language} block`);
  for (const [name, other] of Object.entries(substitutions)) {
    expect(text).toContain(name);
    text = text.replaceAll(name, other);
  }
  return text;
}

export interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** A gateway as docs/gateway.md describes it, with nginx of Debian's. */
export interface Gateway extends AsyncDisposable {
  readonly baseUrl: string;
  /** What nginx has written anywhere. */
  logs(): string;
  /** Renews the token by the guide's script. */
  renewToken(): Promise<{ readonly failed: boolean; readonly output: string }>;
  readonly tokenFile: string;
  readonly credentialFile: string;
  /** Sends any request over TLS, as no agent would. */
  send(
    method: string,
    target: string,
    options?: { readonly device?: KeyPair; readonly headers?: Record<string, string>; readonly signal?: AbortSignal },
  ): Promise<Answered>;
}

/** @param ca of the tenant, the gateway and the devices */
export async function startGateway(gears: Gears, ca: TestCa): Promise<Gateway> {
  await using made = new AsyncDisposableStack();
  const folder = made.use(mkdtempDisposableSync(join(tmpdir(), "linkuser-agent-gateway-"))).path;
  const path = (name: string): string => join(folder, name);
  const port = await freePort();
  const server = ca.issue("DNS:localhost");
  const tenant = `localhost:${gears.port}`;
  mkdirSync(path("log"));
  mkdirSync(path("bin"));
  for (const [name, text] of [
    ["server.pem", server.cert],
    ["server-key.pem", server.key],
    ["device-ca.pem", readFileSync(ca.file, "utf8")],
    ["credential.json", JSON.stringify({ clientId: gears.clientId, clientSecret: gears.clientSecret })],
    ["nginx.conf", `daemon off; pid ${path("pid")}; events {} http { include ${path("gateway.conf")}; }`],
    [
      "gateway.conf",
      fromGuide("nginx", {
        "listen 443": `listen 127.0.0.1:${port}`,
        "/etc/linkuser-gateway": folder,
        "/var/log/nginx": path("log"),
        "/etc/ssl/certs/ca-certificates.crt": ca.file,
        "gears.opswat.com": tenant,
      }),
    ],
    ["renew", fromGuide("sh", { "/etc/linkuser-gateway": folder, "gears.opswat.com": tenant })],
    // Here no systemd reloads nginx.
    [
      "bin/systemctl",
      `#!/bin/sh\n[ "$*" = "reload-or-restart nginx" ] && ! test -e ${path("pid")} || kill -HUP "$(cat ${path("pid")})"\n`,
    ],
  ] as const) {
    writeFileSync(path(name), text, { mode: 0o600 });
  }
  chmodSync(path("bin/systemctl"), 0o700);

  async function renewToken() {
    const env = { PATH: `${path("bin")}:${process.env["PATH"]}`, CURL_CA_BUNDLE: ca.file };
    try {
      const { stdout, stderr } = await promisify(execFile)("sh", [path("renew")], { env });
      return { failed: false, output: stdout + stderr };
    } catch (error) {
      return { failed: true, output: String(error) };
    }
  }

  expect(await renewToken()).toEqual({ failed: false, output: "" });
  const nginx = made.use(await startDaemon(["nginx", "-c", path("nginx.conf")], port));
  const kept = made.move();
  return {
    baseUrl: `https://localhost:${port}`,
    tokenFile: path("token.conf"),
    credentialFile: path("credential.json"),
    renewToken,
    logs: () =>
      [nginx.told(), ...readdirSync(path("log")).map((name) => readFileSync(path(`log/${name}`), "utf8"))].join("\n"),
    send: (method, target, { device, headers, signal } = {}) => {
      const to = { host: "127.0.0.1", servername: "localhost", port, ca: readFileSync(ca.file), agent: false as const };
      const options = { ...to, method, path: target, headers, ...device, ...(signal && { signal }) };
      return new Promise((resolve, reject) => {
        const sent = request(options, (response) => {
          let body = "";
          response.setEncoding("utf8").on("data", (text: string) => {
            body += text;
          });
          response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
        });
        sent.on("error", reject).end(method === "POST" ? '{"username":"alice"}' : undefined);
      });
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}
