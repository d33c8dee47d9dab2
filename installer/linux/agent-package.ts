import { dirname, relative } from "node:path";
import { gzipSync } from "node:zlib";
import { completionScript } from "../../agent/cli/completion.ts";
import { installedCredential, ownFolders, settingsPath } from "../../agent/platform/linux/paths.ts";
import { sysusersLine } from "../../agent/platform/linux/service/service-account.ts";
import {
  loadedUnits,
  oldestSystemd,
  packageUnitFolder,
  runningUnits,
  timerLink,
  timerUnit,
  unitFiles,
} from "../../agent/platform/linux/service/units.ts";
import { product } from "../product.ts";
import { thirdPartyNotices } from "../third-party.ts";
import { makeAccount, removeAccount } from "./account-scripts.ts";
import { type LinuxPackage, type PackagedFile, whereSystemdRuns } from "./linux-package.ts";
import { manualPage } from "./manual.ts";

/** The executables that the agent's packages are made of, as `executable/targets.ts` calls them. */
export type LinuxTargetName = "linux-x64" | "linux-arm64";

const architectures = {
  "linux-x64": { deb: "amd64", rpm: "x86_64" },
  "linux-arm64": { deb: "arm64", rpm: "aarch64" },
} as const;

/**
 * Libraries that the executable loads, libsystemd only at run time. rpm finds the others only in an executable with a
 * table of sections, which the x64 one lacks.
 */
const libraries = [
  "libatomic.so.1()(64bit)",
  "libc.so.6(GLIBC_2.28)(64bit)",
  "libgcc_s.so.1()(64bit)",
  "libstdc++.so.6()(64bit)",
  "libsystemd.so.0()(64bit)",
];

export function agentPackage(target: LinuxTargetName): LinuxPackage {
  const { name, summary, description } = product;
  return {
    name,
    summary,
    description,
    architecture: architectures[target],
    // Dependencies of the executable and its units.
    depends: ["libc6 (>= 2.28)", "libstdc++6 (>= 8)", "libgcc-s1", "libatomic1", "libsystemd0", "libpam-systemd"],
    // Named by library, because the packages' names differ between Fedora and SUSE.
    requires: [...libraries, `systemd >= ${oldestSystemd}`],
    preDepends: `systemd (>= ${oldestSystemd})`,
    preRequires: `systemd >= ${oldestSystemd}`,
    scripts: {
      beforeInstall: makeAccount,
      // Units are read again, and the timer runs from now on; services are started by logons.
      afterInstall: whereSystemdRuns("systemctl daemon-reload", `systemctl start ${timerUnit}`),
      // A run that waits for its turn ends; it would find neither its program nor its settings.
      beforeRemove: whereSystemdRuns(
        `systemctl stop ${runningUnits.map((unit) => `'${unit}'`).join(" ")}`,
        `systemctl reset-failed '${loadedUnits.all}'`,
      ),
      // The units are gone by then.
      afterRemove: whereSystemdRuns("systemctl daemon-reload"),
      // Everything that the program or `linkuser-agent install` created; other files stay.
      purge: [
        `rm -rf ${ownFolders.map((folder) => `/${folder}`).join(" ")}`,
        `rm -f ${installedCredential("/")}`,
        removeAccount,
        `rmdir --ignore-fail-on-non-empty ${dirname(installedCredential("/"))} 2>/dev/null || true`,
      ].join("\n"),
    },
    credential: installedCredential("/"),
    overrides: [
      "# The executable contains Node.js, which has its own libraries and is not position-independent.",
      `${name}: embedded-library * [usr/bin/linkuser-agent]`,
      `${name}: hardening-no-pie [usr/bin/linkuser-agent]`,
    ],
  };
}

const executablePath = "usr/bin/linkuser-agent";

/** Where the shells look for what packages bring; zsh in Debian's family and elsewhere. */
const completions = [
  { shell: "bash", path: "usr/share/bash-completion/completions/linkuser-agent" },
  { shell: "zsh", path: "usr/share/zsh/vendor-completions/_linkuser-agent" },
  { shell: "zsh", path: "usr/share/zsh/site-functions/_linkuser-agent" },
  { shell: "fish", path: "usr/share/fish/vendor_completions.d/linkuser-agent.fish" },
] as const;

/**
 * What both package formats install. The timer is enabled by its link, as a distribution's own timers are.
 * @param executable the built one
 * @param sourceDate seconds since the epoch
 */
export function packagedFiles(executable: string, version: string, sourceDate: number): readonly PackagedFile[] {
  const units = unitFiles(`/${executablePath}`, installedCredential("/"));
  return [
    { path: executablePath, mode: 0o755, content: { copyOf: executable } },
    ...units.map(({ path, text }) => ({ path: `${packageUnitFolder}/${path}`, mode: 0o644, content: { text } })),
    { path: `usr/lib/sysusers.d/${product.name}.conf`, mode: 0o644, content: { text: `${sysusersLine}\n` } },
    { path: `${packageUnitFolder}/${timerLink.path}`, mode: 0o777, content: { linkTo: timerLink.target } },
    { path: relative("/", settingsPath("/")), mode: 0o644, content: { text: "{}\n" }, config: true },
    {
      path: `usr/share/doc/${product.name}/THIRD-PARTY-NOTICES`,
      mode: 0o644,
      content: { text: thirdPartyNotices() },
    },
    ...completions.map(({ shell, path }) => ({ path, mode: 0o644, content: { text: completionScript(shell) } })),
    {
      path: `usr/share/man/man1/${product.name}.1.gz`,
      mode: 0o644,
      content: { text: gzipSync(manualPage(version, sourceDate), { level: 9 }) },
    },
  ];
}
