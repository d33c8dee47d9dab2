import { placeOfSymbol } from "./elf-image.ts";

/**
 * What it does: V8 makes the table of a function's source positions when a stack trace first needs it. For its profiler
 * Node lets V8 walk the whole heap at every start to create all of them. Relies on:
 * `v8::CpuProfiler::UseDetailedSourcePositionsForProfiling`, which Node calls for each isolate, returns at once. Check:
 * exactly one such symbol.
 */
export function leaveSourcePositionsForLater(image: Buffer, processor: "x64" | "arm64"): void {
  const { offset } = placeOfSymbol(image, /_ZN2v811CpuProfiler38UseDetailedSourcePositionsForProfilingEPNS_7IsolateE/);
  image.write(machineReturn[processor], offset, "hex");
}

const machineReturn = { x64: "c3", arm64: "c0035fd6" } as const;
