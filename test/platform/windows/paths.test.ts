import { expect, test } from "vitest";
import { programDataFolder, windowsPaths } from "../../../agent/platform/windows/paths.ts";

const profileList = (data: string) => () => ({
  values: [{ name: "ProgramData", type: 2, data: Buffer.from(`${data}\0`, "utf16le") }],
  subkeys: [],
});

test("ProgramData comes from the registry, else it is on the system's drive", () => {
  expect(programDataFolder(profileList("%SystemDrive%\\ProgramData"), "E:\\Windows\\system32")).toBe("E:\\ProgramData");
  expect(programDataFolder(profileList("D:\\Daten"), "C:\\Windows\\system32")).toBe("D:\\Daten");
  expect(programDataFolder(profileList("%OTHER%\\x"), "C:\\Windows\\system32")).toBe("C:\\ProgramData");
  expect(programDataFolder(() => undefined, "C:\\Windows\\system32")).toBe("C:\\ProgramData");
});

test("a plain user has a separate state and log, but the machine's settings and credentials", () => {
  const shared = "C:\\ProgramData\\LinkUserAgent";
  expect(windowsPaths("C:\\ProgramData", undefined)).toEqual({
    configFile: `${shared}\\config.json`,
    credentialFile: `${shared}\\credential.json`,
    stateDir: shared,
    logFile: `${shared}\\linkuser-agent.log`,
  });
  expect(windowsPaths("C:\\ProgramData", "C:\\Users\\zoë\\AppData\\Local")).toMatchObject({
    credentialFile: `${shared}\\credential.json`,
    stateDir: "C:\\Users\\zoë\\AppData\\Local\\LinkUserAgent",
  });
});
