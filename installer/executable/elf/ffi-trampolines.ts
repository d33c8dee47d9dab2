import { placeOfSymbol } from "./elf-image.ts";

/**
 * What it does: `node:ffi` makes no machine code for calls from V8's compiler, which does not run. For each C function
 * it would try 32 addresses near it, and then take a page elsewhere. Relies on: `node::ffi::IsJitMemorySupported`,
 * which Node asks before (src/ffi/jit_memory.cc), returns false. Check: exactly one such symbol.
 */
export function leaveOutTrampolines(image: Buffer, processor: "x64" | "arm64"): void {
  const { offset } = placeOfSymbol(image, /_ZN4node3ffi20IsJitMemorySupportedEv/);
  image.write(returnFalse[processor], offset, "hex");
}

/** `xor eax, eax; ret`, and `mov w0, 0; ret`. */
const returnFalse = { x64: "31c0c3", arm64: "00008052c0035fd6" } as const;
