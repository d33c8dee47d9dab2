import type { GssMemory } from "./gss-memory.ts";
import type { GssStatus } from "./gss-status.ts";
import {
  type GssFunctions,
  type GssLibrary,
  gssBuffer,
  gssCode,
  heimdalFunctions,
  kerberos,
  mitFunctions,
  type ObjectId,
  principalName,
  spnego,
} from "./gss-tables.ts";

/** Which account logs on. */
export interface KeytabAccount {
  /** `HOST$@REALM`, as krb5_parse_name(3) reads it. */
  readonly principal: string;
  /** The file that has its keys. */
  readonly keytab: string;
}

export type GssCredentials = ReturnType<typeof createGssCredentials>;

/** Fills `credential` for one mechanism. @throws GssFailure */
type Acquire = (name: bigint, mechanism: ObjectId, account: KeytabAccount | undefined, credential: Buffer) => void;

/** Names and credentials, by the library's handles. @throws Error for a library that lacks a function */
export function createGssCredentials(
  ffi: typeof import("node:ffi"),
  native: GssFunctions,
  { path, maker }: GssLibrary,
  memory: GssMemory,
  status: GssStatus,
) {
  const { minor, checked } = status;
  const acquireBy = (maker === "MIT" ? byMit : byHeimdal)(ffi, path, memory, status);

  /** @throws GssFailure */
  function importName(text: string, type: ObjectId): bigint {
    const name = Buffer.alloc(8);
    checked(native.gss_import_name(minor, memory.bufferOf(Buffer.from(text)), memory.oidOf(type), name));
    return name.readBigUInt64LE();
  }
  const releaseName = (name: bigint): void => {
    if (name !== 0n) native.gss_release_name(Buffer.alloc(4), slotOf(name));
  };
  const release = (credential: bigint): void => {
    if (credential !== 0n) native.gss_release_cred(Buffer.alloc(4), slotOf(credential));
  };

  return {
    importName,
    releaseName,
    release,
    /**
     * @param account undefined for the one whose tickets the system's default cache has
     * @throws GssFailure
     */
    acquire(account: KeytabAccount | undefined, mechanism: ObjectId): bigint {
      const credential = Buffer.alloc(8);
      const name = account === undefined ? 0n : importName(account.principal, principalName);
      try {
        acquireBy(name, mechanism, account, credential);
        return credential.readBigUInt64LE();
      } catch (failure) {
        release(credential.readBigUInt64LE());
        throw failure;
      } finally {
        releaseName(name);
      }
    },
    /** Undefined if the library does not name it. */
    accountOf(credential: bigint): string | undefined {
      const name = Buffer.alloc(8);
      if (native.gss_inquire_cred(minor, credential, name, 0n, 0n, 0n) !== 0) return undefined;
      const text = Buffer.alloc(gssBuffer.size);
      try {
        const major = native.gss_display_name(minor, name.readBigUInt64LE(), text, 0n);
        return major === 0 ? memory.take(text).toString() : undefined;
      } finally {
        releaseName(name.readBigUInt64LE());
      }
    },
  };
}

/** A variable that has a handle. */
function slotOf(handle: bigint): Buffer {
  const slot = Buffer.alloc(8);
  slot.writeBigUInt64LE(handle);
  return slot;
}

type Maker = (ffi: typeof import("node:ffi"), path: string, memory: GssMemory, status: GssStatus) => Acquire;

/** With SPNEGO it offers Kerberos alone: others may be installed, NTLM too. */
const byMit: Maker = (ffi, path, memory, { minor, checked }) => {
  const { gss_acquire_cred_from, gss_set_neg_mechs } = ffi.dlopen(path, mitFunctions).functions;
  /** The keytab, and a cache that ends with the process. */
  const storeOf = ({ keytab }: KeytabAccount): Buffer =>
    memory.keyValuesOf({ client_keytab: `FILE:${keytab}`, ccache: "MEMORY:linkuser-agent" });
  return (name, mechanism, account, credential) => {
    const [store, usage] = [account === undefined ? 0n : memory.addressOf(storeOf(account)), gssCode.GSS_C_INITIATE];
    checked(gss_acquire_cred_from(minor, name, 0, memory.oidSetOf(mechanism), usage, store, credential, 0n, 0n));
    if (mechanism !== spnego) return;
    checked(gss_set_neg_mechs(minor, credential.readBigUInt64LE(), memory.oidSetOf(kerberos)));
  };
};

/** Apple's SPNEGO offers the mechanisms of a credential, and needs no credential of its own, unlike others. */
const byHeimdal: Maker = (ffi, path, memory, { minor, checked }) => {
  const { gss_acquire_cred } = ffi.dlopen(path, heimdalFunctions).functions;
  return (name, _mechanism, _account, credential) => {
    const [time, usage] = [gssCode.GSS_C_INDEFINITE, gssCode.GSS_C_INITIATE];
    checked(gss_acquire_cred(minor, name, time, memory.oidSetOf(kerberos, spnego), usage, credential, 0n, 0n));
  };
};
