import { taskName } from "../../agent/platform/windows/service/task-definition.ts";
import { element, type XmlElement, xmlLines } from "../../agent/platform/windows/service/xml.ts";
import { product } from "../product.ts";
import {
  credentialProperty,
  keepProperty,
  type MsiProperty,
  quotationMark,
  refusedSecrets,
  settingProperties,
} from "./msi-properties.ts";

/** Stays the same for ever: by it Windows knows that one package is a version of another. CONTRACT. */
export const upgradeCode = "7E6B6D0B-4C0C-4C0E-9B1E-52D5B8A1F5C3";

/** Identify the installed file and its place; they change only with the place. */
const executableComponent = "B1A7B8E0-6B0E-4F0F-8B4B-3D2B6B9B7C11";

/** Keys of rows that are changed after wixl. */
export const ids = {
  executable: "Executable",
  install: "Install",
  uninstall: "Uninstall",
  restoreTrigger: "RestoreTrigger",
  endRun: "EndRun",
  older: "OLDERFOUND",
  newer: "NEWERFOUND",
} as const;

/** Public properties, which Windows Installer hands on to the part of it that has rights. */
export const publicProperties: readonly string[] = [
  ids.older,
  ids.newer,
  ...settingProperties.map(({ name }) => name),
  credentialProperty.name,
  keepProperty,
  ...refusedSecrets,
];

export interface MsiParts {
  /** Three numbers. */
  readonly version: string;
  /** GUID; differs between any two different packages. */
  readonly productCode: string;
  readonly executable: string;
  readonly icon: string;
}

const argumentsProperty = "InstallArguments";
const removalProperty = "UninstallArguments";

/** The source for wixl, which supports less than WiX and silently ignores the rest. */
export function msiSource({ version, productCode, executable, icon }: MsiParts): string {
  const { name, summary } = product;
  const inProduct = (elements: readonly XmlElement[]): string => xmlLines(elements, "    ");
  return `<?xml version="1.0" encoding="utf-8"?>
<Wix xmlns="http://schemas.microsoft.com/wix/2006/wi">
  <Product Id="${productCode}" Name="${name}" Language="1033" Version="${version}" Manufacturer="${name}" UpgradeCode="${upgradeCode}">
    <Package InstallerVersion="500" Compressed="yes" InstallScope="perMachine" Description="${name} ${version}" Comments="${summary}"/>
    <Media Id="1" Cabinet="agent.cab" EmbedCab="yes"/>
    <Upgrade Id="${upgradeCode}">
      <UpgradeVersion Minimum="${version}" IncludeMinimum="no" OnlyDetect="yes" Property="${ids.newer}"/>
    </Upgrade>
${inProduct([...launchConditions(), ...properties()])}\
    <Icon Id="${iconId}" SourceFile="${icon}"/>
    <Directory Id="TARGETDIR" Name="SourceDir">
      <Directory Id="System64Folder" Name="System64"/>
      <Directory Id="ProgramFiles64Folder">
        <Directory Id="INSTALLDIR" Name="LinkUserAgent">
          <Component Id="${ids.executable}" Guid="${executableComponent}" Win64="yes">
            <File Id="${ids.executable}" Name="linkuser-agent.exe" Source="${executable}" KeyPath="yes"/>
          </Component>
        </Directory>
      </Directory>
    </Directory>
    <Feature Id="Agent" Title="${name}" Level="1">
      <ComponentRef Id="${ids.executable}"/>
    </Feature>
${inProduct(actions())}\
  </Product>
</Wix>
`;
}

const iconId = "linkuser_agent.ico";

const properties = (): readonly XmlElement[] =>
  Object.entries({
    ARPNOMODIFY: "1",
    ARPPRODUCTICON: iconId,
    // The run of the task is ended by an action of this package's own.
    MSIRESTARTMANAGERCONTROL: "Disable",
    // Otherwise a silent installation restarts the computer if the executable is in use.
    REBOOT: "ReallySuppress",
    MsiHiddenProperties: refusedSecrets.join(";"),
    // Makes AdminUser mean this user's rights, not Windows Installer's.
    MSIUSEREALADMINDETECTION: "1",
    [quotationMark]: '"',
  }).map(([Id, Value]) => element("Property", { Id, Value }));

function launchConditions(): XmlElement[] {
  const condition = (text: string, message: string) => element("Condition", { Message: message }, text);
  return [
    condition("VersionNT64", "This program needs 64-bit Windows."),
    condition("Privileged", "Installing this program needs administrator rights."),
    condition(`Installed OR NOT ${ids.newer}`, `A newer version of ${product.name} is installed.`),
    ...refusedSecrets.map((name) =>
      condition(
        `NOT ${name}`,
        `${name} is not taken: everybody can read a command line. Put the secret into a file and name it: ${credentialProperty.name}.`,
      ),
    ),
    ...[...settingProperties, credentialProperty].map((property) =>
      condition(`Installed OR NOT ${property.name} OR (${property.condition})`, hintFor(property)),
    ),
  ];
}

/** Square brackets name properties. */
export function hintFor({ name, allowed }: MsiProperty): string {
  const literal = allowed.replace(/[[\]]/g, (bracket) => `[\\${bracket}]`);
  return `${name}=[${name}] is not valid; it must be ${literal}. No value has a quotation mark, or a backslash at its end.`;
}

/** INSTALLSTATE_ADVERTISED, msi.h. */
const advertised = 1;

function actions(): XmlElement[] {
  const set = (id: string, property: string, value: string) =>
    element("CustomAction", { Id: id, Property: property, Value: value });
  const call = (id: string, command: string, result: "check" | "ignore") =>
    element("CustomAction", {
      Id: id,
      FileKey: ids.executable,
      ExeCommand: command,
      Execute: "deferred",
      Impersonate: "no",
      Return: result,
    });
  const given = [...settingProperties, credentialProperty];
  const deletion = (property: MsiProperty) => (property === credentialProperty ? " --delete-source" : "");
  const removal = 'REMOVE="ALL" AND NOT UPGRADINGPRODUCTCODE';
  const at = (Action: string, Sequence: number, condition: string) =>
    element("Custom", { Action, Sequence }, condition);
  return [
    ...given.map((property) =>
      set(
        `Give_${property.name}`,
        argumentsProperty,
        `[${argumentsProperty}] ${property.flag}="[${property.name}]"${deletion(property)}`,
      ),
    ),
    set("Give_Purge", removalProperty, "--purge"),
    set("Repair", "REINSTALL", "ALL"),
    call(ids.install, `install[${argumentsProperty}]`, "check"),
    call(ids.uninstall, `uninstall [${removalProperty}]`, "ignore"),
    call(ids.restoreTrigger, "install", "ignore"),
    element("InstallExecuteSequence", {}, [
      // Otherwise Windows does nothing if it is installed already, and a management tool can't restore missing files.
      at("Repair", 790, "Installed AND NOT REMOVE AND NOT REINSTALL"),
      // Not for a repair, which everybody may start, nor if a plain user installs an advertised package.
      ...given.map(({ name }, index) =>
        at(
          `Give_${name}`,
          1410 + index,
          `${name} AND NOT Installed AND (NOT ProductState = ${advertised} OR AdminUser)`,
        ),
      ),
      at("Give_Purge", 1490, `NOT ${keepProperty}`),
      element("RemoveExistingProducts", { Sequence: 1501 }),
      at(ids.restoreTrigger, 1810, removal),
      at(ids.uninstall, 1811, removal),
      // The last action, so that a later failure undoes nothing of it. A plain user's repair puts the file back, no
      // more: a console program of SYSTEM's may show that user a window.
      at(ids.install, 6550, "NOT REMOVE AND (NOT Installed OR AdminUser)"),
    ]),
  ];
}

/** Ends a run of the scheduled task, so that its file can be replaced; through Windows' own tool, by its path. */
export const endRunCommand = `"[System64Folder]schtasks.exe" /End /TN ${taskName}`;
