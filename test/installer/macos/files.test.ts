import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { unzipSync } from "fflate";
import { parse } from "plist";
import { expect, test } from "vitest";
import { installedExecutable, macosFiles } from "../../../installer/macos/files.ts";
import { zip } from "../../../installer/zip.ts";

const textOf = (name: string): string => macosFiles().find((file) => file.name === name)?.text ?? "";

test("the scripts name the executable, the job and the files that are there", () => {
  const script = textOf("sign-and-package.sh");
  expect(textOf("postinstall")).toContain(`exec ${installedExecutable} install\n`);
  expect(script).toContain(`ln -s ${installedExecutable} `);
  expect(script).toContain("\nidentifier=com.linkuser.agent\n");
  const named = [...script.matchAll(/\$here\/([\w.-]+)/g)];
  expect(named.length).toBeGreaterThan(0);
  for (const [, name = ""] of named) expect(textOf(name)).not.toBe("");
  const job = parse(textOf("com.linkuser.agent.plist")) as unknown as { readonly ProgramArguments: readonly string[] };
  expect(job.ProgramArguments[0]).toBe(installedExecutable);
});

test.each(["sign-and-package.sh", "postinstall"])("%s is a script that bash can read", (name) => {
  execFileSync("bash", ["-n", "-c", textOf(name)]);
});

test("the signature allows what V8 needs, and neither debuggers nor foreign code", () => {
  expect(parse(textOf("entitlements.plist"))).toEqual({
    "com.apple.security.cs.allow-jit": true,
    "com.apple.security.cs.allow-unsigned-executable-memory": true,
  });
});

test("the archive gives the files back, with their modes, and the same bytes in every time zone", () => {
  const date = 1_795_600_000;
  const archive = zip(macosFiles(), date);
  const back = unzipSync(archive);
  for (const { name, text } of macosFiles()) expect(new TextDecoder().decode(back[name])).toBe(text);
  // The central directory's external attributes: the mode in the upper half.
  const central = Buffer.from(archive).indexOf("PK\x01\x02");
  expect(Buffer.from(archive).readUInt32LE(central + 38) >>> 16).toBe(0o100644);
  const script = `
    import { zip } from ${JSON.stringify(new URL("../../../installer/zip.ts", import.meta.url).href)};
    process.stdout.write(Buffer.from(zip([{ name: "a", mode: 0o644, text: "b" }], ${date})).toString("hex"));`;
  const inZone = (TZ: string): string =>
    execFileSync(process.execPath, ["--input-type=module", "-e", script], { env: { TZ }, encoding: "utf8" });
  expect(inZone("Pacific/Kiritimati")).toBe(inZone("Pacific/Niue"));
});

test("a date before the format's range (SOURCE_DATE_EPOCH=0) becomes its first day", () => {
  const files = [{ name: "a", mode: 0o644, text: "b" }];
  expect(zip(files, 0)).toEqual(zip(files, Date.UTC(1980, 0, 1) / 1000));
});

test("the docs name the files", () => {
  const docs = readFileSync(new URL("../../../docs/deploy-macos.md", import.meta.url), "utf8");
  for (const { name } of macosFiles()) expect(docs).toContain(`\`${name}\``);
});
