import { describe, expect, test } from "vitest";
import { AgentError } from "../../../../agent/errors.ts";
import { applySteps } from "../../../../agent/platform/install-steps.ts";
import type { InstallRequest } from "../../../../agent/platform/port.ts";
import { windowsPaths } from "../../../../agent/platform/windows/paths.ts";
import type { WindowsMachine } from "../../../../agent/platform/windows/service/install-machine.ts";
import {
  installSteps,
  settingsArePlanted,
  uninstallSteps,
} from "../../../../agent/platform/windows/service/installation.ts";
import { absent, found } from "../../../../agent/reading.ts";
import { Secret } from "../../../../agent/secret.ts";

const executable = "C:\\Program Files\\LinkUserAgent\\linkuser-agent.exe";
const folder = "C:\\ProgramData\\LinkUserAgent";
const credential = '{"accessToken":"t"}\n';
const whole: InstallRequest = { executable, credential: new Secret(credential), settings: '{"fleetSize":5}\n' };

interface Options {
  readonly files?: Readonly<Record<string, string>>;
  readonly folderKind?: "folder" | "link";
  /** What no administrator made. */
  readonly foreign?: readonly string[];
  readonly writableByOthers?: boolean;
  /** What fails: `register`, `event source`. */
  readonly failing?: string;
}

/** A machine in memory; `state` shows all that is on it. */
function machineOf({ files = {}, folderKind, foreign = [], writableByOthers = false, failing }: Options = {}) {
  const content = new Map<string, Buffer>(Object.entries(files).map(([path, text]) => [path, Buffer.from(text)]));
  const sealed = new Map<string, string>();
  const readable = new Set<string>();
  const planted = new Set(foreign);
  let kind: "folder" | "link" | "absent" = folderKind ?? (content.size > 0 ? "folder" : "absent");
  let task: string | undefined;
  let eventSource = false;
  const reported: string[] = [];
  const note = (what: string): void => {
    reported.push(what);
    if (what === failing) throw new AgentError("install-failed", `${what} fails`);
  };
  const machine: WindowsMachine = {
    paths: windowsPaths("C:\\ProgramData", undefined),
    readFile: (path) => content.get(path),
    replaceFile: (path, bytes, readers) => {
      content.set(path, bytes);
      if (readers === "everybody") readable.add(path);
    },
    removeFile: (path) => {
      content.delete(path);
      sealed.delete(path);
    },
    removeEmptyFolder: () => {
      if (content.size + sealed.size === 0) kind = "absent";
    },
    folderKind: () => kind,
    isForeign: (path) => planted.has(path),
    setAside: (gone) => {
      const before = [...content].filter(([path]) => path === gone || path.startsWith(`${gone}\\`));
      for (const [path] of before) content.delete(path);
      planted.delete(gone);
      const was = kind;
      if (gone === folder) kind = "absent";
      return () => {
        for (const [path, bytes] of before) content.set(path, bytes);
        planted.add(gone);
        kind = was;
      };
    },
    readProtected: (path) => {
      const text = sealed.get(path);
      return text === undefined ? absent(path, "none") : found(text, path);
    },
    writeProtected: (path, text) => void sealed.set(path, text),
    protectFolder: () => {
      kind = "folder";
    },
    writableByOthers: (path) => found(writableByOthers && { why: "its list is open", remedy: "icacls" }, path),
    taskRegistered: () => task !== undefined,
    tasks: {
      register: (path) => {
        note("register");
        task = content.get(path)?.toString("utf16le");
      },
      end: () => note("end"),
      remove: () => {
        note("remove");
        task = undefined;
      },
    },
    eventSource: {
      isRegistered: () => eventSource,
      register: () => {
        note("event source");
        eventSource = true;
      },
      remove: () => {
        eventSource = false;
      },
    },
  };
  const state = () => ({ content: [...content], sealed: [...sealed], kind, task, eventSource });
  const install = (request: Partial<InstallRequest> = {}) => installSteps(machine, { ...whole, ...request });
  return { machine, reported, state, readable, install, uninstall: (purge = false) => uninstallSteps(machine, purge) };
}

const changes = (steps: readonly { readonly change: string }[]): string[] => steps.map(({ change }) => change);
const paths = (entries: readonly (readonly [string, unknown])[]): string[] => entries.map(([path]) => path).sort();

test("install makes the folder, then settings, credential and event source, and last the task", () => {
  const { state, readable, install } = machineOf();
  const steps = install();
  expect(changes(steps)).toEqual(["create", "create", "create", "create", "create"]);
  applySteps(steps);
  const { content, sealed, task, eventSource } = state();
  expect(paths(content)).toEqual([`${folder}\\config.json`, `${folder}\\logon-task.xml`]);
  expect(sealed).toEqual([[`${folder}\\credential.json`, credential]]);
  expect([...readable]).toEqual([`${folder}\\config.json`]);
  expect(task).toContain(`<Command>${executable}</Command>`);
  expect(eventSource).toBe(true);
});

test("a second time everything is kept; only the folder's protection and the task are set again", () => {
  const { install } = machineOf();
  applySteps(install());
  expect(changes(install())).toEqual(["update", "keep", "keep", "keep", "update"]);
});

test("what is not given is left alone", () => {
  const { state, install } = machineOf();
  applySteps(install());
  const before = state();
  applySteps(install({ settings: undefined, credential: undefined }));
  expect(state()).toEqual(before);
});

describe("undone, the machine is as it was", () => {
  test.each(["register", "event source"])("where %s fails", (failing) => {
    const { state, install } = machineOf({ failing, files: { [`${folder}\\config.json`]: "{}" } });
    const before = state();
    expect(() => applySteps(install())).toThrow(`${failing} fails`);
    expect(state()).toEqual(before);
  });

  test("after everything was done, on a new machine and over an earlier installation", () => {
    const { state, install } = machineOf();
    const empty = state();
    applySteps(install())();
    expect(state()).toEqual(empty);
    applySteps(install());
    const first = state();
    applySteps(install({ executable: "D:\\other.exe", credential: new Secret("2"), settings: "{}" }))();
    expect(state()).toEqual(first);
  });

  test("after an uninstallation", () => {
    const { state, install, uninstall } = machineOf();
    applySteps(install());
    const { content, sealed, ...before } = state();
    applySteps(uninstall(true))();
    const { content: contentAfter, sealed: sealedAfter, ...after } = state();
    expect(after).toEqual(before);
    expect(paths(contentAfter)).toEqual(paths(content));
    expect(sealedAfter).toEqual(sealed);
  });
});

test("uninstall leaves the settings, and the whole folder where something else is in it", () => {
  const { reported, state, install, uninstall } = machineOf();
  applySteps(install());
  applySteps(uninstall());
  const { content, sealed, kind, task, eventSource } = state();
  expect(paths(content)).toEqual([`${folder}\\config.json`]);
  expect({ sealed, kind, task, eventSource }).toEqual({
    sealed: [],
    kind: "folder",
    task: undefined,
    eventSource: false,
  });
  expect(reported.slice(-2)).toEqual(["end", "remove"]);
});

test("uninstall with purge leaves only other users' files", () => {
  const files = { [`${folder}\\state.json`]: "{}", [`${folder}\\linkuser-agent.log.1`]: "", [`${folder}\\lock`]: "" };
  const { state, install, uninstall } = machineOf({ files });
  applySteps(install());
  applySteps(uninstall(true));
  expect(state()).toEqual({ content: [], sealed: [], kind: "absent", task: undefined, eventSource: false });
  expect(changes(uninstall(true)).every((change) => change === "absent")).toBe(true);

  const other = machineOf({ files: { ...files, [`${folder}\\notes.txt`]: "mine" } });
  applySteps(other.install());
  applySteps(other.uninstall(true));
  expect(paths(other.state().content)).toEqual([`${folder}\\notes.txt`]);
});

describe("a folder that a user made before", () => {
  const files = { [`${folder}\\config.json`]: '{"fleetSize":5}\n', [`${folder}\\planted.json`]: "{}" };

  test.each(["folder", "link"] as const)("is set aside with all that is in it, and made again: a %s", (folderKind) => {
    const { state, machine, install } = machineOf({ folderKind, foreign: [folder], files });
    expect(settingsArePlanted(machine)).toBe(true);
    const steps = install();
    expect(changes(steps)).toEqual(["update", "create", "create", "create", "create", "create"]);
    applySteps(steps);
    const { content, kind } = state();
    expect(kind).toBe("folder");
    expect(paths(content)).toEqual([`${folder}\\config.json`, `${folder}\\logon-task.xml`]);
  });

  test("is put back where the installation fails", () => {
    const { state, install } = machineOf({ foreign: [folder], files, failing: "register" });
    const before = state();
    expect(() => applySteps(install())).toThrow("register fails");
    expect(state()).toEqual(before);
  });
});

describe("files that a user put into the folder before", () => {
  const [config, state, lock] = ["config.json", "state.json", "lock"].map((name) => `${folder}\\${name}`) as [
    string,
    string,
    string,
  ];
  const files = { [config]: '{"baseUrl":"https://evil.example"}', [state]: "{}", [lock]: "" };

  test("are set aside, and the settings made again without them", () => {
    const { state: now, machine, install } = machineOf({ foreign: [config, lock], files });
    expect(settingsArePlanted(machine)).toBe(true);
    const steps = install();
    expect(steps[0]?.what).toContain(`${config}, which no administrator made: renamed to ${config}.set-aside-`);
    expect(changes(steps)).toEqual(["update", "update", "update", "create", "create", "create", "create"]);
    applySteps(steps);
    const { content } = now();
    expect(paths(content)).toEqual([config, `${folder}\\logon-task.xml`, state]);
    expect(new Map(content).get(config)?.toString()).toBe(whole.settings);
  });

  test("are put back where the installation fails", () => {
    const { state: now, install } = machineOf({ foreign: [config, lock], files, failing: "register" });
    const before = now();
    expect(() => applySteps(install())).toThrow("register fails");
    expect(paths(now().content)).toEqual(paths(before.content));
  });

  test("leave an administrator's settings alone", () => {
    const { machine } = machineOf({ foreign: [lock], files });
    expect(settingsArePlanted(machine)).toBe(false);
  });
});

test("refuses a folder that is a link which an administrator made", () => {
  expect(() => machineOf({ folderKind: "link" }).install()).toThrow(/is a link to another place/);
});

test.each([
  ["that others may change", { writableByOthers: true }, executable, /users other than administrators can change it/],
  ["on another machine", {}, "\\\\server\\share\\linkuser-agent.exe", /not on a local drive/],
])("refuses an executable %s, which SYSTEM would start", (_which, options, path, message) => {
  expect(() => machineOf(options).install({ executable: path })).toThrow(message);
});
