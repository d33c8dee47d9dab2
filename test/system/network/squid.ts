import { execFileSync } from "node:child_process";
import { chownSync, cpSync, mkdtempDisposableSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { freePort, startDaemon } from "./daemon.ts";

/** The only log-on that {@link startSquid} lets through. */
export const login = { proxyUsername: "CORP\\agent", proxyPassword: "planted-proxy-password: 1" } as const;

export interface Squid extends AsyncDisposable {
  readonly origin: string;
  /** Its access log: a line per request, with the user's name. */
  accesses(): string;
}

/** Sends the request back, header lines included, as careless proxies do. */
const echo = "<html><body><h1>Denied</h1><pre>%R</pre></body></html>\n";

/**
 * Squid of Debian's on loopback: Basic authentication, names from its own hosts file, tunnels to any port, but none to
 * `denied.test`, and error pages that repeat the request.
 * @param hosts known names, all for this machine
 */
export async function startSquid(hosts: readonly string[]): Promise<Squid> {
  await using made = new AsyncDisposableStack();
  const folder = made.use(mkdtempDisposableSync(join(tmpdir(), "linkuser-squid-"))).path;
  const path = (name: string): string => join(folder, name);
  const port = await freePort();
  const hashed = execFileSync("openssl", ["passwd", "-apr1", login.proxyPassword], { encoding: "utf8" }).trim();
  cpSync("/usr/share/squid/errors/templates", path("errors"), { recursive: true, dereference: true });
  for (const name of ["ERR_ACCESS_DENIED", "ERR_CACHE_ACCESS_DENIED"]) writeFileSync(path(`errors/${name}`), echo);
  const files = {
    "squid.conf": `
      http_port 127.0.0.1:${port}
      visible_hostname squid.test
      pid_filename none
      access_log stdio:${path("access.log")}
      cache_log ${path("cache.log")}
      coredump_dir ${folder}
      hosts_file ${path("hosts")}
      error_directory ${path("errors")}
      shutdown_lifetime 0 seconds
      auth_param basic program /usr/lib/squid/basic_ncsa_auth ${path("passwd")}
      auth_param basic children 1
      auth_param basic casesensitive on
      dns_nameservers 127.0.0.1
      pinger_enable off
      acl denied dstdomain denied.test
      acl known proxy_auth REQUIRED
      http_access deny denied
      http_access allow known
      http_access deny all
    `,
    passwd: `${login.proxyUsername}:${hashed}\n`,
    hosts: hosts.map((name) => `127.0.0.1 ${name}\n`).join(""),
    "access.log": "",
    "cache.log": "",
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(path(name), text);
  if (userInfo().uid === 0) giveAway(folder);
  // Its name, by which it shares memory, is its own: a squid that was killed leaves files in /dev/shm.
  made.use(await startDaemon(["squid", "-N", "-n", `port${port}`, "-f", path("squid.conf")], port));
  const kept = made.move();
  return {
    origin: `http://127.0.0.1:${port}`,
    accesses: () => readFileSync(path("access.log"), "utf8"),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** Started by root it runs as this user of Debian's. */
function giveAway(folder: string): void {
  const [, , uid = "", gid = ""] = /^proxy:.*$/m.exec(readFileSync("/etc/passwd", "utf8"))?.[0].split(":") ?? [];
  const paths = [folder, ...readdirSync(folder).map((name) => join(folder, name))];
  for (const path of paths.filter((one) => one === folder || statSync(one).isFile())) {
    chownSync(path, Number(uid), Number(gid));
  }
}
