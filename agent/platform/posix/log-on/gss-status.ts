import type { GssMemory } from "./gss-memory.ts";
import { type GssFunctions, gssBuffer, gssCode } from "./gss-tables.ts";

/** A call that failed, as the library explains it. */
export interface GssFailure {
  readonly kind: "failed";
  /** The mechanism's own code, signed as its headers have it. */
  readonly minor: number;
  readonly text: string;
}

export type GssStatus = ReturnType<typeof createGssStatus>;

/** The two codes of a call: the one it returns, and the mechanism's. */
export function createGssStatus({ gss_display_status }: GssFunctions, { take }: GssMemory) {
  const minor = Buffer.alloc(4);

  function display(status: number, type: number): string {
    const more = Buffer.alloc(4);
    const parts: string[] = [];
    do {
      const text = Buffer.alloc(gssBuffer.size);
      if (gss_display_status(Buffer.alloc(4), status, type, 0n, more, text) !== 0) break;
      parts.push(take(text).toString().replace(/\0+$/, ""));
    } while (more.readUInt32LE() !== 0 && parts.length < 10);
    return parts.join("; ");
  }

  return {
    /** The first argument of each call, to which it writes the mechanism's code. */
    minor,
    /**
     * @param major a call's result
     * @returns `major`, with its supplementary bits
     * @throws GssFailure
     */
    checked(major: number): number {
      if (major < 0x1_0000) return major;
      const code = minor.readInt32LE();
      const general = display(major, gssCode.GSS_C_GSS_CODE);
      // The general text only announces the mechanism's.
      const text = (code !== 0 && display(code >>> 0, gssCode.GSS_C_MECH_CODE)) || general || `status ${major}`;
      throw { kind: "failed", minor: code, text } satisfies GssFailure;
    },
  };
}
