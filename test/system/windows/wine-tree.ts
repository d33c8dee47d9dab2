import { spawnSync } from "node:child_process";
import { chownSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { wineTree } from "../../../installer/executable/emulator.ts";
import { cacheFolder } from "../../../installer/executable/runtime.ts";

/** A Kerberos realm, a proxy that asks for it and for NTLM, and `ntlm_auth`, with which Wine speaks NTLM. */
const logOnPackages = ["krb5-admin-server", "krb5-kdc", "krb5-user", "squid", "winbind"];

/** The user inside the tree. */
export const wineUser = { uid: 1000, gid: 1000 } as const;

/**
 * A separate Debian 13 with Wine 10 and an initialised Windows folder; Debian 12's Wine 8 can't run Node 24 and later.
 * Made in the cache where it is missing: needs root and the Debian archive, 1.5 GB of disk.
 * @returns the tree's path
 */
export function prepareWineTree(): string {
  if (process.getuid?.() !== 0) throw new Error("The Windows tests need root, for namespaces and a Debian tree");
  if (existsSync(wineTree)) return wineTree;
  mkdirSync(cacheFolder, { recursive: true });
  const unfinished = `${wineTree}.${process.pid}`;
  try {
    installDebian(unfinished);
    makeHome(unfinished);
    startOnce(unfinished);
    renameSync(unfinished, wineTree);
  } catch (error) {
    rmSync(unfinished, { recursive: true, force: true });
    // Another run may have been quicker.
    if (!existsSync(wineTree)) throw error;
  }
  return wineTree;
}

function installDebian(tree: string): void {
  if (spawnSync("debootstrap", ["--version"]).error !== undefined) {
    run("apt-get", ["update"]);
    run("apt-get", ["install", "--yes", "--no-install-recommends", "debootstrap"]);
  }
  run("debootstrap", ["--variant=minbase", "trixie", tree]);
  // Left to apt, which loads several packages at once, and without the writes to disk that only a crash would need.
  writeFileSync(join(tree, "etc/dpkg/dpkg.cfg.d/tree"), "force-unsafe-io\n");
  inTree(tree, [
    "env",
    "DEBIAN_FRONTEND=noninteractive",
    "RUNLEVEL=1",
    "apt-get",
    "install",
    "--quiet=2",
    "--no-install-recommends",
    "wine",
    "wine64",
    ...logOnPackages,
  ]);
  const archives = join(tree, "var/cache/apt/archives");
  for (const name of readdirSync(archives)) if (name.endsWith(".deb")) rmSync(join(archives, name));
}

function makeHome(tree: string): void {
  for (const folder of ["home/user", "home/user/prepared", "home/user/prefix"]) {
    mkdirSync(join(tree, folder), { recursive: true });
    chownSync(join(tree, folder), wineUser.uid, wineUser.gid);
  }
  mkdirSync(join(tree, "var/lib/dbus"), { recursive: true });
  for (const file of ["etc/machine-id", "var/lib/dbus/machine-id"]) writeFileSync(join(tree, file), "");
}

/** Runs a command as root inside the tree, with the needed processes and devices. */
function inTree(tree: string, command: readonly string[]): void {
  const script = 'mount -t proc proc "$0/proc" && mount --rbind /dev "$0/dev" && exec chroot "$0" "$@"';
  run("unshare", ["--mount", "--pid", "--fork", "--kill-child", "sh", "-c", script, tree, ...command]);
}

/** Lets Wine fill the Windows folder; its programs for 32 bits are not installed, and their absence is no failure. */
function startOnce(tree: string): void {
  const identity = [`--reuid=${wineUser.uid}`, `--regid=${wineUser.gid}`, "--clear-groups"];
  const environment = [
    ...["PATH=/usr/bin:/bin", "HOME=/home/user", "LANG=C.UTF-8", "XDG_RUNTIME_DIR=/tmp"],
    ...["WINEPREFIX=/home/user/prepared", "WINEDEBUG=-all", "WINEDLLOVERRIDES=mscoree,mshtml="],
  ];
  const start = "wine wineboot --init; wineserver --wait";
  inTree(tree, ["setpriv", ...identity, "env", "-i", ...environment, "sh", "-c", start]);
  if (!existsSync(join(tree, "home/user/prepared/system.reg"))) throw new Error("Wine made no Windows folder");
}

function run(command: string, args: readonly string[]): void {
  const { error, status, stdout, stderr } = spawnSync(command, args, { encoding: "utf8", timeout: 600_000 });
  if (error !== undefined) throw error;
  if (status !== 0)
    throw new Error(`${command} ${args.join(" ")} ended with ${status}:\n${`${stdout}${stderr}`.slice(-4000)}`);
}

// For a build before the tests.
if (import.meta.main) prepareWineTree();
