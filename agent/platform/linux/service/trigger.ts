import { readdirSync, realpathSync, statSync } from "node:fs";
import { join } from "node:path";
import { AgentError } from "../../../errors.ts";
import { isNoSuchFile, whyNot } from "../../../files/open-file.ts";
import { shellWord } from "../../../printable.ts";
import { absent, failed, failedBy, found, type Reading } from "../../../reading.ts";
import type { AccountTools } from "./programs.ts";
import { readServiceAccount, serviceAccount, wrongAccount } from "./service-account.ts";
import {
  catchUpUnit,
  packageUnitFolder,
  scopeDropIns,
  slice,
  timerLink,
  timerUnit,
  sessionUnit as unit,
  unitFolder,
} from "./units.ts";
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
    const path = firstThere(pathsOf(root, unit));
    if (path === undefined) return absent(unit, `no ${unit}`);
    const dropIns = effectiveDropIns(root);
    if (dropIns.length === 0) return absent(unit, `${unit} is there, but nothing in ${scopeDropIns} wants it`);
    const needed = [unit, timerUnit, catchUpUnit, slice].map((name) => firstThere(pathsOf(root, name)));
    const off = [...needed, ...(dropIns.every(isMasked) ? dropIns : [])].find((one) => one && isMasked(one));
    if (off !== undefined) {
      // `systemctl unmask` takes neither drop-ins nor empty files.
      const remedy = `rm ${shellWord(off.name)} && systemctl daemon-reload`;
      return broken(`The logon trigger does not work: ${off.name} masks a unit.`, remedy);
    }
    if (isTimerOff(root)) {
      const finding = `${timerUnit} is disabled: nothing retries a link that a logon could not make.`;
      return broken(finding, `systemctl enable --now ${timerUnit}`);
    }
    const state = readServiceAccount(root, account);
    if (state.kind === "wrong") return failed(unit, wrongAccount(state.wrong));
    if (state.kind === "missing") {
      return broken(`The agent's service account ${serviceAccount} is not in /etc/passwd.`, "linkuser-agent install");
    }
    const hidden = unreadableSettings(root);
    if (hidden.length === 0) return found(path.name, unit);
    const names = hidden.map(({ path }) => path).join(", ");
    const remedy = hidden.map(({ path, wanted }) => `chmod ${wanted.toString(8)} ${shellWord(path)}`).join(" && ");
    const finding = `The agent's service can't read ${names}.`;
    return failed(unit, new AgentError("settings-hidden", finding, { remedy }));
  } catch (cause) {
    return failedBy(unit, cause, "settings-unreadable", `The units of systemd can't be read: ${whyNot(cause)}.`);
  }
}

/** Drop-ins that want the unit; the first of each name counts. */
function effectiveDropIns(root: string): readonly FileThere[] {
  const names = unitFolders.flatMap((folder) => filesIn(join(root, folder, scopeDropIns)));
  const own = new Set(names.filter((name) => name.includes("linkuser-agent")));
  return [...own].map((name) => firstThere(pathsOf(root, join(scopeDropIns, name)))).filter((one) => one !== undefined);
}

const pathsOf = (root: string, name: string): readonly string[] =>
  unitFolders.map((folder) => join(root, folder, name));

/** Masked by `systemctl mask` or by an empty file (systemd.unit(5)). */
const isMasked = ({ real }: FileThere): boolean => real === "/dev/null" || statSync(real).size === 0;

/** `systemctl disable` removes the link by which `install` turns the timer on. */
const isTimerOff = (root: string): boolean =>
  firstThere(pathsOf(root, timerUnit)) !== undefined && firstThere(pathsOf(root, timerLink.path)) === undefined;

const broken = (finding: string, remedy: string): Reading<never> =>
  failed(unit, new AgentError("install-failed", finding, { remedy }));

interface FileThere {
  readonly name: string;
  /** Without links. */
  readonly real: string;
}

function firstThere(names: readonly string[]): FileThere | undefined {
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
    if (isNoSuchFile(error)) return undefined;
    throw error;
  }
}
