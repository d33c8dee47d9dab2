import { lockFileName, rotatedPath, stateFileName, temporaryPath, waiterLockFileName } from "../../files/own-files.ts";
import type { Paths } from "../port.ts";
import type { ReadKey } from "./read-registry.ts";
import { valueIn } from "./registry-values.ts";

const folder = "LinkUserAgent";

/**
 * @param programData folder of settings for all users
 * @param personal the user's own folder, for a run without an administrator's rights; undefined for one with them
 */
export function windowsPaths(programData: string, personal: string | undefined): Paths {
  const shared = `${programData}\\${folder}`;
  const own = personal === undefined ? shared : `${personal}\\${folder}`;
  return {
    configFile: `${shared}\\config.json`,
    credentialFile: `${shared}\\credential.json`,
    stateDir: own,
    logFile: `${own}\\linkuser-agent.log`,
  };
}

/** The scheduled task as it was registered. */
export const taskDefinitionFile = ({ configFile }: Paths): string => `${folderOf(configFile)}\\logon-task.xml`;

/** Files that the program writes into its folder, besides settings and credential. */
export function ownFiles({ stateDir, logFile }: Paths): readonly string[] {
  const state = [stateFileName, temporaryPath(stateFileName), lockFileName, waiterLockFileName].map(
    (name) => `${stateDir}\\${name}`,
  );
  return [...state, logFile, rotatedPath(logFile)];
}

/** The part of a path before its last backslash. */
export const folderOf = (path: string): string => path.slice(0, path.lastIndexOf("\\"));

/**
 * The folder of settings for all users, from the registry, since the environment belongs to the user who started this
 * process. @param systemDirectory absolute, gives the drive
 */
export function programDataFolder(readKey: ReadKey, systemDirectory: string): string {
  const drive = systemDirectory.slice(0, 2);
  const profiles = readKey("SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\ProfileList");
  const value = valueIn(profiles, "ProgramData");
  const path = typeof value === "string" ? value.replace(/^%SystemDrive%/i, drive) : undefined;
  return path !== undefined && /^[a-z]:\\[^%]+$/i.test(path) ? path : `${drive}\\ProgramData`;
}
