import type { Runtime } from "../../agent/wiring/runtime.ts";
import { virtualClock } from "./clock.ts";

/** A process without a terminal, at a moment, on a machine as a test describes it. */
export function fakeRuntime(platform: Runtime["platform"], now = 0): Runtime {
  return {
    platform,
    environment: {},
    ignoredVariables: [],
    clock: virtualClock(now),
    random: () => 0.5,
    onTerminal: false,
    resultBeside: false,
    terminalWidth: () => 80,
    resultWidth: () => 80,
    executable: () => undefined,
    writeError: () => {},
    interrupted: new AbortController().signal,
  };
}
