import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { runCommand } from "../../../installer/executable/command.ts";
import { type EndedInWine, sharedFolder, startWineMachine, type WineMachine } from "../windows/wine-machine.ts";

export const programFolder = "C:\\Program Files\\LinkUserAgent";
export const dataFolder = "C:\\ProgramData\\LinkUserAgent";

/** The program's traces on the machine. */
export interface Installation {
  /** Paths of all files below the program's folders and of the Task Scheduler's. */
  readonly files: readonly string[];
  /** By version, as in the list of installed programs. */
  readonly products: readonly string[];
  readonly eventSource: boolean;
}

export const nothing: Installation = { files: [], products: [], eventSource: false };

export interface WindowsInstallation extends AsyncDisposable {
  readonly machine: WineMachine;
  /**
   * Runs Windows Installer to its end.
   * @param parameters as in a command prompt; `{msi}` stands for the package's path
   */
  msiexec(msi: string, parameters: string): Promise<MsiRun>;
  look(): Promise<Installation>;
  /** A file of the machine; undefined if there is none. */
  read(path: string): Promise<Buffer | undefined>;
}

export interface MsiRun {
  /** Of Windows Installer: 0 done, 1603 failed. */
  readonly exitCode: number;
  /** All that Windows Installer logs. */
  readonly log: string;
  /** Command lines of all processes that were started. */
  readonly started: readonly string[];
}

export async function startWindowsInstallation(): Promise<WindowsInstallation> {
  const machine = await startWineMachine();
  const { folder } = machine;
  // The first program with a window starts the desktop, which keeps what it inherits open as long as it lives.
  await machine.runLinux(["sh", "-c", "exec wine schtasks /Delete /TN none /F </dev/null >/dev/null 2>&1"]);

  const command = async (line: string, environment?: Readonly<Record<string, string>>): Promise<EndedInWine> => {
    writeFileSync(join(folder, "run.cmd"), `@echo off\r\n${line}\r\n`);
    return await machine.run(
      "cmd",
      ["/c", `${sharedFolder}\\run.cmd`],
      environment === undefined ? {} : { environment },
    );
  };

  async function msiexec(msi: string, parameters: string): Promise<MsiRun> {
    copyFileSync(msi, join(folder, basename(msi)));
    writeFileSync(join(folder, "msi.log"), "");
    const given = parameters.replaceAll("{msi}", `${sharedFolder}\\${basename(msi)}`);
    // Wine cuts a program's exit code to eight bits, and msiexec's arguments have quotes inside.
    const line = `msiexec ${given} /qn /l*v ${sharedFolder}\\msi.log\r\necho code=%ERRORLEVEL%`;
    const { stdout, stderr } = await command(line, { WINEDEBUG: "-all,+process" });
    const exitCode = Number(/code=(\d+)/.exec(stdout)?.[1]);
    const started = stderr.split("\n").filter((one) => one.includes("CreateProcessInternalW"));
    return { exitCode, log: readFileSync(join(folder, "msi.log"), "latin1"), started };
  }

  async function look(): Promise<Installation> {
    const listed = await command(
      [
        ...[programFolder, dataFolder, "C:\\windows\\system32\\tasks"].map((path) => `dir /s /b /a-d "${path}" 2>nul`),
        "echo products",
        "reg query HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Uninstall /s 2>nul",
        "echo event source",
        "reg query HKLM\\SYSTEM\\CurrentControlSet\\Services\\EventLog\\Application\\LinkUserAgent 2>nul",
      ].join("\r\n"),
    );
    const [files = "", rest = ""] = listed.stdout.replaceAll("\r", "").split("products\n");
    const [products = "", source = ""] = rest.split("event source\n");
    return {
      files: files.split("\n").filter((line) => line.startsWith("C:\\")),
      products: [...products.matchAll(/DisplayVersion\s+REG_SZ\s+(\S+)/g)].map(([, version = ""]) => version),
      eventSource: source.includes("EventMessageFile"),
    };
  }

  async function read(path: string): Promise<Buffer | undefined> {
    const { exitCode } = await command(`copy /y "${path}" ${sharedFolder}\\copied >nul`);
    return exitCode === 0 ? readFileSync(join(folder, "copied")) : undefined;
  }

  return { machine, msiexec, look, read, [Symbol.asyncDispose]: () => machine[Symbol.asyncDispose]() };
}

/** The rows of one of a package's tables, by its columns. */
export function msiTable(msi: string, table: string): readonly Readonly<Record<string, string>>[] {
  const [names = "", , , ...rows] = runCommand("msiinfo", ["export", msi, table]).replaceAll("\r", "").split("\n");
  const columns = names.split("\t");
  return rows
    .filter((row) => row !== "")
    .map((row) => {
      const values = row.split("\t");
      return Object.fromEntries(columns.map((column, index) => [column, values[index] ?? ""]));
    });
}
