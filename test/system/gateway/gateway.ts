import { chmodSync, mkdirSync, mkdtempDisposableSync, readFileSync, writeFileSync } from "node:fs";
import { request as plainRequest } from "node:http";
import { request } from "node:https";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect } from "vitest";
import { type GearsOptions, startGears } from "../../fakes/gears.ts";
import { type Daemon, freePort, startDaemon } from "../network/daemon.ts";
import type { KeyPair, TestCa } from "../support/certificates.ts";

const sources = resolve(import.meta.dirname, "../../../installer/gateway");

export interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** A call that differs from a good one in method, target, body or headers. */
export interface Sending {
  readonly method?: string;
  readonly target?: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** The packaged gateway's files, run by Debian's HAProxy as root, with ports and folders of the test's own. */
export interface Gateway extends AsyncDisposable {
  readonly baseUrl: string;
  readonly port: number;
  /** Process ID of HAProxy's master. */
  readonly pid: number;
  /** What it has written. */
  logs(): string;
  /** The calls that it has logged, oldest first. */
  calls(): readonly Readonly<Record<string, unknown>>[];
  /** Sends a request to an endpoint's port, by default a good `link_user`. */
  send(device: KeyPair | undefined, sending?: Sending): Promise<Answered>;
  /** Sends a request to the socket for Apache httpd, by default a good `link_user`. */
  sendAsApache(headers: Readonly<Record<string, string>>, sending?: Sending): Promise<Answered>;
  /** Asks the port for metrics. */
  ask(path: string): Promise<Answered>;
  /** A command for HAProxy's admin socket. */
  admin(command: string): Promise<string>;
  /** Only when HAProxy can pass its tables on, after its first five seconds (seen with 2.6.12). */
  reload(): Promise<void>;
}

export interface GatewayOptions {
  /** Variables of gateway.conf. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly credential?: string;
  /** Further files of /etc/linkuser-gateway, by name. */
  readonly files?: Readonly<Record<string, string>>;
  /** Names of files that are not there. */
  readonly without?: readonly string[];
}

/** A fake Gears and a gateway that has got a token from it; `made` ends both. */
export async function startWithGears(
  made: AsyncDisposableStack,
  ca: TestCa,
  options: GatewayOptions = {},
  gearsOptions: GearsOptions = {},
) {
  const limit = { calls: 1000, periodMs: 1000 };
  const gears = made.use(await startGears({ tls: ca.issue("DNS:localhost"), limit, ...gearsOptions }));
  const gateway = made.use(await startGateway(gears, ca, options));
  await expect.poll(async () => (await gateway.ask("/health")).status).toBe(200);
  return { gears, gateway };
}

/** @param ca of the tenant, the gateway and the devices */
export async function startGateway(
  tenant: { readonly port: number; readonly clientId: string; readonly clientSecret: string },
  ca: TestCa,
  { settings = {}, credential, files = {}, without = [] }: GatewayOptions = {},
): Promise<Gateway> {
  await using made = new AsyncDisposableStack();
  const folder = made.use(mkdtempDisposableSync(join(tmpdir(), "linkuser-gateway-"))).path;
  const path = (name: string): string => join(folder, name);
  const [port, metricsPort] = [await freePort(), await freePort()];
  const server = ca.issue("DNS:localhost");
  for (const name of ["etc", "run"]) mkdirSync(path(name));
  // HAProxy's own account reaches its sockets.
  chmodSync(folder, 0o711);
  const { clientId, clientSecret } = tenant;
  for (const [name, text] of [
    ["server.crt", server.cert],
    ["server.key", server.key],
    ["device-ca.pem", readFileSync(ca.file, "utf8")],
    ["machines.pem", readFileSync(ca.file, "utf8")],
    ["credential.json", credential ?? JSON.stringify({ clientId, clientSecret })],
    ...Object.entries(files),
  ] as const) {
    if (!without.includes(name)) writeFileSync(path(`etc/${name}`), text, { mode: 0o600 });
  }
  const environment = {
    GATEWAY_ETC: path("etc"),
    GATEWAY_RUN: path("run"),
    GATEWAY_LUA: join(sources, "lua"),
    GATEWAY_USER: "haproxy",
    TENANT: "localhost",
    TENANT_PORT: String(tenant.port),
    TENANT_CA: ca.file,
    LISTEN: `127.0.0.1:${port}`,
    METRICS: `127.0.0.1:${metricsPort}`,
    ...settings,
  };
  const assignments = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  const command = ["env", ...assignments, "haproxy", "-W", "-f", join(sources, "haproxy.cfg")];
  const haproxy: Daemon = made.use(await startDaemon(command, metricsPort));
  const admin = async (command: string): Promise<string> => {
    const socket = connect(path("run/admin.sock"));
    socket.end(`${command}\n`);
    return (await socket.setEncoding("utf8").toArray()).join("");
  };
  const kept = made.move();
  return {
    baseUrl: `https://localhost:${port}`,
    port,
    pid: haproxy.pid,
    logs: haproxy.output,
    calls: () =>
      haproxy
        .output()
        .split("\n")
        .filter((line) => line.includes('"waited_ms"'))
        .map((line) => JSON.parse(line)),
    send: (device, { method = "POST", target = linkUser(), body = alice, headers, signal } = {}) => {
      const to = { host: "127.0.0.1", servername: "localhost", port, ca: readFileSync(ca.file), agent: false as const };
      const sent = request({ ...to, method, path: target, headers, ...device, ...(signal && { signal }) });
      return answerTo(sent, method === "GET" ? undefined : body);
    },
    sendAsApache: (headers, { method = "POST", target = linkUser(), body = alice } = {}) => {
      const to = { socketPath: path("run/apache.sock"), agent: false as const };
      return answerTo(plainRequest({ ...to, method, path: target, headers }), body);
    },
    ask: (path) => answerTo(plainRequest({ host: "127.0.0.1", port: metricsPort, path, agent: false })),
    admin,
    reload: async () => {
      await expect.poll(() => admin("show peers")).toContain("resync_timeout=<PAST>");
      process.kill(haproxy.pid, "SIGUSR2");
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

export const alice = '{"username":"alice"}';
export const linkUser = (device = "00:0c:29:f2:7a:29", opt = 0): string =>
  `/o/api/v2/devices/${device}/link_user?opt=${opt}`;

function answerTo(sent: ReturnType<typeof request>, body?: string): Promise<Answered> {
  return new Promise((resolve, reject) => {
    sent.on("response", (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
      response.on("error", reject);
      response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }));
    });
    sent.on("error", reject).end(body);
  });
}
