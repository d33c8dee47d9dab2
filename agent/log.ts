import { printableJson } from "./printable.ts";
import type { Settings } from "./settings/table.ts";

/** The setting `logLevel`: events below it are dropped. */
export type LogLevel = Settings["logLevel"];

/** Fields of an event besides its message; never a secret, never a URL with a query. */
export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

export interface LogEvent {
  /** Wall-clock milliseconds since the epoch. */
  readonly time: number;
  readonly level: LogLevel;
  /** Stable name in kebab-case, for filters. */
  readonly event: string;
  readonly message: string;
  readonly fields: LogFields;
}

/** Writes events to one place; gets only those that are important enough. */
export type LogSink = (event: LogEvent) => void;

/** One function for each level; `event` is a stable name, `message` for people. */
export type Log = Readonly<Record<LogLevel, (event: string, message: string, fields?: LogFields) => void>>;

const levels: readonly LogLevel[] = ["error", "warn", "info", "debug"];

/** @param now wall-clock milliseconds */
export function createLog(level: LogLevel, sinks: readonly LogSink[], now: () => number): Log {
  const at =
    (own: LogLevel) =>
    (event: string, message: string, fields: LogFields = {}) => {
      if (levels.indexOf(own) > levels.indexOf(level)) return;
      for (const sink of sinks) sink({ time: now(), level: own, event, message, fields });
    };
  return { error: at("error"), warn: at("warn"), info: at("info"), debug: at("debug") };
}

/** One JSON object in one line: `{"time":"2026-11-23T08:00:00.000Z","level":"info","event":"linked","message":…}`. */
export function formatLogLine({ time, level, event, message, fields }: LogEvent): string {
  return printableJson({ time: new Date(time).toISOString(), level, event, message, ...fields });
}
