import { expect, test } from "vitest";
import { restrictFile, restrictFolder, sealFile } from "../../../../agent/platform/windows/files/icacls.ts";

test("the commands remove everybody's rights, then give them to administrators, and reading to all", () => {
  const path = "C:\\ProgramData\\LinkUserAgent\\config.json";
  expect(restrictFile(path)).toBe(
    [
      `icacls "${path}" /setowner *S-1-5-32-544`,
      `icacls "${path}" /reset`,
      `icacls "${path}" /inheritance:r /grant:r *S-1-5-18:F *S-1-5-32-544:F *S-1-5-32-545:R`,
    ].join(" && "),
  );
});

test("files in a folder inherit no rights for all", () => {
  const rights = "*S-1-5-18:(OI)(CI)F *S-1-5-32-544:(OI)(CI)F *S-1-5-32-545:RX";
  expect(restrictFolder("C:\\x").endsWith(` && icacls "C:\\x" /inheritance:r /grant:r ${rights}`)).toBe(true);
});

test("a file with a secret is restricted to administrators, with one command per line", () => {
  expect(sealFile("C:\\x")).toEqual([
    'icacls "C:\\x" /setowner "*S-1-5-32-544"',
    'icacls "C:\\x" /reset',
    'icacls "C:\\x" /inheritance:r /grant:r "*S-1-5-18:F" "*S-1-5-32-544:F"',
  ]);
});
