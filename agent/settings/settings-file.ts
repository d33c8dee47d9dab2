import { readFileSync } from "node:fs";
import { AgentError, systemErrorCode } from "../errors.ts";
import type { Layer } from "./layers.ts";

const maxSize = 1024 * 1024;

/**
 * Reads a JSON file of settings: one object, setting names as keys.
 * @param required whether it was asked for by name, so that its absence is a mistake
 * @throws AgentError `settings-unreadable`
 */
export function readSettingsFile(path: string, required: boolean): Layer {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    const code = systemErrorCode(cause);
    if (code === "ENOENT" && !required) return { kind: "file", location: path, values: {} };
    const why = code === "ENOENT" ? "does not exist" : `can't be read (${code})`;
    throw new AgentError("settings-unreadable", `The settings file ${path} ${why}.`, { cause });
  }
  return { kind: "file", location: path, values: parseSettings(text, path) };
}

/**
 * @param path names the source in messages
 * @throws AgentError `settings-unreadable`
 */
export function parseSettings(text: string, path: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    if (text.length > maxSize) throw new RangeError("too large");
    // Windows editors put a byte order mark in front.
    value = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (cause) {
    const why = cause instanceof SyntaxError ? `is not valid JSON${place(cause.message)}` : "is larger than 1 MiB";
    throw new AgentError("settings-unreadable", `The settings file ${path} ${why}.`, { cause });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    const message = `The settings file ${path} must hold one JSON object, such as {"fleetSize": 2000}.`;
    throw new AgentError("settings-unreadable", message);
  }
  return value as Record<string, unknown>;
}

/** The parser's message quotes the text, which may hold what is not to be shown; only the position is taken from it. */
function place(message: string): string {
  const match = /line (\d+) column (\d+)/.exec(message);
  return match === null ? "" : ` (line ${match[1]}, column ${match[2]})`;
}
