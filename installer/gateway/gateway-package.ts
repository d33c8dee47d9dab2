import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type LinuxPackage, type PackagedFile, whereSystemdRuns } from "../linux/linux-package.ts";

const name = "linkuser-gateway";

/** The gateway's package, for every architecture: text that the distribution's HAProxy runs. */
export const gatewayPackage: LinuxPackage = {
  name,
  summary: "gateway between linkuser-agent and OPSWAT Gears",
  description: [
    "Endpoints call it with their own certificate instead of the account's",
    "secret. It forwards only Link User calls, adds the token, and gives each",
    "endpoint its place in the queue for the account's rate limit.",
  ],
  architecture: { deb: "all", rpm: "noarch" },
  depends: ["haproxy (>= 2.6)", "lua-cjson", "ca-certificates", "curl", "openssl", "systemd (>= 247)"],
  requires: ["haproxy >= 2.6", "lua-cjson", "ca-certificates", "curl", "openssl", "systemd >= 247"],
  scripts: {
    // Not started: it needs a credential and certificates first. A running gateway loads the new files.
    afterInstall: [
      `systemd-sysusers ${name}.conf`,
      whereSystemdRuns("systemctl daemon-reload", `systemctl try-reload-or-restart ${name}`),
    ].join("\n"),
    beforeRemove: whereSystemdRuns(`systemctl disable --now ${name}`),
    afterRemove: whereSystemdRuns("systemctl daemon-reload"),
    purge: `rm -f /etc/${name}/credential.json`,
  },
  credential: `/etc/${name}/credential.json`,
  overrides: ["# It is in gateway.md.", `${name}: no-manual-page [usr/sbin/${name}-check]`],
};

const folder = import.meta.dirname;

/** What both formats install. */
export function gatewayFiles(): readonly PackagedFile[] {
  const file = (path: string, source: string, mode = 0o644): PackagedFile => ({
    path,
    mode,
    content: { text: readFileSync(join(folder, source)) },
  });
  const shared = `usr/share/${name}`;
  return [
    file(`${shared}/haproxy.cfg`, "haproxy.cfg"),
    ...readdirSync(join(folder, "lua"))
      .toSorted()
      .map((script) => file(`${shared}/${script}`, `lua/${script}`)),
    file(`${shared}/dashboard.json`, "dashboard.json"),
    file(`usr/lib/sysusers.d/${name}.conf`, "sysusers.conf"),
    file(`usr/lib/systemd/system/${name}.service`, `${name}.service`),
    file(`usr/sbin/${name}-check`, `${name}-check`, 0o755),
    file(`usr/share/doc/${name}/gateway.md`, "../../docs/gateway.md"),
    { ...file(`etc/${name}/gateway.conf`, "gateway.conf"), config: true },
  ];
}
