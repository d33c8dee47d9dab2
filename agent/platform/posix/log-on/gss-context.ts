import { structure } from "../../native-layout.ts";
import type { GssCredentials, KeytabAccount } from "./gss-credentials.ts";
import type { GssMemory } from "./gss-memory.ts";
import type { GssFailure, GssStatus } from "./gss-status.ts";
import {
  type GssFunctions,
  type GssLibrary,
  gssBuffer,
  gssCode,
  hostbasedService,
  type ObjectId,
} from "./gss-tables.ts";

/** The server, and the account that logs on there. */
export interface GssPeer {
  /** Without port. */
  readonly host: string;
  readonly channelBinding: Uint8Array | undefined;
  /** Undefined for the account whose tickets the system's default cache has. */
  readonly account: KeytabAccount | undefined;
}

/** A log-on by one mechanism. */
export interface GssContext {
  readonly mechanism: ObjectId;
  readonly credential: bigint;
  readonly target: bigint;
  /** The library's handle; 0 before the first step. */
  readonly handle: Buffer;
  readonly channelBinding: Uint8Array | undefined;
}

export interface GssStep {
  readonly kind: "stepped";
  readonly token: Uint8Array | undefined;
  readonly complete: boolean;
}

const { GSS_C_MUTUAL_FLAG, GSS_S_CONTINUE_NEEDED } = gssCode;

export function createGssContexts(
  native: GssFunctions,
  layouts: GssLibrary["layouts"],
  credentials: GssCredentials,
  { addressOf, bufferOf, oidOf, take }: GssMemory,
  { minor, checked }: GssStatus,
) {
  return {
    /** @throws GssFailure */
    create({ host, channelBinding, account }: GssPeer, mechanism: ObjectId): GssContext {
      const target = credentials.importName(`HTTP@${host}`, hostbasedService);
      try {
        const credential = credentials.acquire(account, mechanism);
        return { mechanism, credential, target, handle: Buffer.alloc(8), channelBinding };
      } catch (failure) {
        credentials.releaseName(target);
        throw failure;
      }
    },
    /** @param token the server's; undefined in the first step @throws GssFailure */
    step(
      { mechanism, credential, target, handle, channelBinding }: GssContext,
      token: Uint8Array | undefined,
    ): GssStep {
      const flags = Buffer.alloc(4);
      const output = Buffer.alloc(gssBuffer.size);
      const binding = channelBinding && structure(layouts.bindings, { application_data: bufferOf(channelBinding) });
      const major = native.gss_init_sec_context(
        minor,
        credential,
        handle,
        target,
        oidOf(mechanism),
        GSS_C_MUTUAL_FLAG,
        0,
        binding === undefined ? 0n : addressOf(binding),
        token === undefined ? 0n : addressOf(bufferOf(token)),
        0n,
        output,
        flags,
        0n,
      );
      const out = take(output);
      const complete = (checked(major) & GSS_S_CONTINUE_NEEDED) === 0;
      if (complete && (flags.readUInt32LE() & GSS_C_MUTUAL_FLAG) === 0) {
        throw { kind: "failed", minor: 0, text: "it did not prove itself" } satisfies GssFailure;
      }
      return { kind: "stepped", token: out.length === 0 ? undefined : out, complete };
    },
    release({ handle, target, credential }: GssContext): void {
      if (handle.readBigUInt64LE() !== 0n) native.gss_delete_sec_context(Buffer.alloc(4), handle, 0n);
      credentials.releaseName(target);
      credentials.release(credential);
    },
  };
}
