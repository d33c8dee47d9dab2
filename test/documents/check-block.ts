import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { DOMParser, onErrorStopParsing } from "@xmldom/xmldom";
import { parse } from "yaml";
import { found } from "../../agent/reading.ts";
import { parseCredentials } from "../../agent/settings/credentials.ts";
import { resolveSettings } from "../../agent/settings/layers.ts";
import { readSettingsFile } from "../../agent/settings/settings-file.ts";
import { templateName } from "../../installer/windows/policy-templates.ts";
import type { CodeBlock } from "./code-blocks.ts";

/** Each throws at a block that is not well-formed, or that the program would refuse. */
const checks: Readonly<Record<string, (code: string) => void>> = {
  sh: (code) => void execFileSync("bash", ["-n", "-c", code], { stdio: ["ignore", "ignore", "pipe"] }),
  json: checkJson,
  yaml: (code) => checkTexts(parse(code)),
  xml: (code) => void new DOMParser({ onError: onErrorStopParsing }).parseFromString(code, "text/xml"),
  ini: checkIni,
  ts: (code) => void stripTypeScriptTypes(code),
  text: checkText,
};

/**
 * Why a block may not stay as it is; undefined if it is in order.
 * @returns what is wrong and how to put it right
 */
export function blockFault({ language, code, introduction }: CodeBlock): string | undefined {
  const check = Object.hasOwn(checks, language) ? checks[language] : undefined;
  if (check !== undefined) {
    try {
      check(code);
      return undefined;
    } catch (fault) {
      return `${language} is wrong: ${fault instanceof Error ? fault.message : fault}`;
    }
  }
  if (language === "") return `write the language after the opening fence: ${Object.keys(checks).join(", ")}, bat, …`;
  if (/\bnot run\b|\[Wine\b/i.test(introduction)) return undefined;
  return `nothing checks ${language}: write "(not run)" into the paragraph right above the block, or **[Wine]** if a test runs it under Wine`;
}

/** The program must also accept settings and credentials. */
function checkJson(code: string): void {
  const value = JSON.parse(code);
  if ("baseUrl" in value) resolveSettings([readSettingsFile("/example.json", found(Buffer.from(code), "file"), true)]);
  if ("clientId" in value) parseCredentials(code.replaceAll("…", "x"), "/example.json", undefined);
}

/** JSON documents in the texts of another document; `{{` begins a template of Ansible. */
function checkTexts(value: unknown): void {
  if (typeof value === "string" && /^\{(?!\{)/.test(value)) checkJson(value);
  else if (typeof value === "object" && value !== null) for (const one of Object.values(value)) checkTexts(one);
}

/** Where MDM takes the policy templates and their settings. */
const policyPaths = [
  `./Device/Vendor/MSFT/Policy/ConfigOperations/ADMXInstall/${templateName}/Policy/${templateName}Admx`,
  `./Device/Vendor/MSFT/Policy/Config/${templateName}~Policy~${templateName}~`,
];

function checkText(code: string): void {
  if (!policyPaths.includes(code.trim())) throw new Error("no test compares it with anything; give it its language");
}

const unitSections = ["Unit", "Service", "Install", "Timer", "Slice", "Socket"];
const gatewaySettings = readFileSync(new URL("../../installer/gateway/gateway.conf", import.meta.url), "utf8");

/** A systemd unit or drop-in; without a section, settings of the gateway. */
function checkIni(code: string): void {
  let section: string | undefined;
  for (const line of code.split("\n").filter((one) => !/^\s*(?:[#;].*)?$/.test(one))) {
    const [, header] = /^\[(\w+)\]$/.exec(line) ?? [];
    const [, key] = /^(\w+)=/.exec(line) ?? [];
    if (header !== undefined) {
      if (!unitSections.includes(header)) throw new Error(`a unit has no section ${line}`);
      section = header;
    } else if (key === undefined) {
      throw new Error(`not a section and not KEY=VALUE: ${line}`);
    } else if (section === undefined && !new RegExp(`^#?${key}=`, "m").test(gatewaySettings)) {
      throw new Error(`gateway.conf has no setting ${key}`);
    }
  }
}
