import { readdirSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { AgentError, systemErrorCode } from "../../../errors.ts";
import { shellWord } from "../../../printable.ts";
import { absent, failed, found, type Reading } from "../../../reading.ts";
import { type AccountTools, readServiceAccount, serviceAccount, wrongAccount } from "./service-account.ts";
import { packageUnitFolder, scopeDropIns, sessionUnit as unit, unitFolder } from "./units.ts";
import { unreadableSettings } from "./unreadable-settings.ts";

/** Where systemd looks for the units of the system, first match first (systemd.unit(5), "Unit File Search Path"). */
const unitFolders = [
  unitFolder,
  "run/systemd/system",
  "usr/local/lib/systemd/system",
  packageUnitFolder,
  "lib/systemd/system",
];

/**
 * The trigger of the packages: a unit for each session, which the session's scope wants, and which can read the
 * settings.
 */
export function readTrigger(root: string, account: Pick<AccountTools, "ask">): Reading<string> {
  try {
    const path = firstThere(unitFolders.map((folder) => join(root, folder, unit)));
    if (path === undefined) return absent(unit, `no ${unit}`);
    // systemctl mask
    if (path.real === "/dev/null") return absent(unit, `${unit} is masked by ${path.name}`);
    const wanted = unitFolders
      .flatMap((folder) => filesIn(join(root, folder, scopeDropIns)))
      .some((name) => name.includes("linkuser-agent"));
    if (!wanted) return absent(unit, `${unit} is there, but nothing in ${scopeDropIns} wants it`);
    const state = readServiceAccount(root, account);
    if (state.kind === "wrong") return failed(unit, wrongAccount(state.wrong));
    if (state.kind === "missing") return failed(unit, missingAccount());
    const hidden = unreadableSettings(root);
    if (hidden.length === 0) return found(path.name, unit);
    const names = hidden.map(({ path }) => path).join(", ");
    const remedy = hidden.map(({ path, wanted }) => `chmod ${wanted.toString(8)} ${shellWord(path)}`).join(" && ");
    const finding = `The service that a logon starts may not read ${names}.`;
    return failed(unit, new AgentError("settings-hidden", finding, { remedy }));
  } catch (cause) {
    if (cause instanceof AgentError) return failed(unit, cause);
    const message = `The units of systemd can't be read (${systemErrorCode(cause)}).`;
    return failed(unit, new AgentError("settings-unreadable", message, { cause }));
  }
}

function missingAccount(): AgentError {
  const finding = `The account ${serviceAccount} of the service that a logon starts is not in /etc/passwd.`;
  return new AgentError("install-failed", finding, { remedy: "linkuser-agent install" });
}

function firstThere(names: readonly string[]): { readonly name: string; readonly real: string } | undefined {
  for (const name of names) {
    const real = ifThere(() => realpathSync(name));
    if (real !== undefined) return { name, real };
  }
  return undefined;
}

const filesIn = (folder: string): readonly string[] => ifThere(() => readdirSync(folder)) ?? [];

function ifThere<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw error;
  }
}
