import { createGssContexts, type GssContext, type GssPeer, type GssStep } from "./gss-context.ts";
import { createGssCredentials } from "./gss-credentials.ts";
import { createGssMemory } from "./gss-memory.ts";
import { createGssStatus, type GssFailure } from "./gss-status.ts";
import { type GssLibrary, gssFunctions, kerberos, spnego } from "./gss-tables.ts";

/** GSSAPI (RFC 2744) with SPNEGO (RFC 4178) over Kerberos, as a client speaks it. Every call may wait for a KDC. */

/** A request to the thread that makes the calls. */
export type GssQuestion =
  | ({ readonly call: "start" } & GssPeer)
  | { readonly call: "step"; readonly id: number; readonly token: Uint8Array | undefined }
  | { readonly call: "close"; readonly id: number };

export type GssAnswer =
  | { readonly kind: "started"; readonly id: number; readonly account: string | undefined }
  | GssStep
  | { readonly kind: "closed" }
  | GssFailure;

/**
 * Opens a library.
 * @throws Error where it is missing, or an older one
 */
export function openGssapi(ffi: typeof import("node:ffi"), library: GssLibrary): (question: GssQuestion) => GssAnswer {
  const native = ffi.dlopen(library.path, gssFunctions).functions;
  const memory = createGssMemory(ffi, native, library.layouts);
  const status = createGssStatus(native, memory);
  const credentials = createGssCredentials(ffi, native, library, memory, status);
  const contexts = createGssContexts(native, library.layouts, credentials, memory, status);
  const running = new Map<number, GssContext>();
  let lastId = 0;

  function start(peer: GssPeer): GssAnswer {
    const account = getTicket(peer);
    running.set(++lastId, contexts.create(peer, spnego));
    return { kind: "started", id: lastId, account };
  }

  /**
   * Gets the ticket by Kerberos itself, into the cache that SPNEGO uses: SPNEGO does not return the code of a failure,
   * and not always its text. A user may have tickets of several realms: only a step chooses among them, and to ask an
   * unused credential for its name would choose the default ones.
   * @returns the account
   */
  function getTicket(peer: GssPeer): string | undefined {
    const context = contexts.create(peer, kerberos);
    try {
      contexts.step(context, undefined);
      return peer.account?.principal ?? credentials.accountOf(context.credential);
    } finally {
      contexts.release(context);
    }
  }

  function close(id: number): GssAnswer {
    const context = running.get(id);
    running.delete(id);
    if (context !== undefined) contexts.release(context);
    return { kind: "closed" };
  }

  return (question) => {
    try {
      if (question.call === "start") return start(question);
      if (question.call === "close") return close(question.id);
      const context = running.get(question.id);
      if (context === undefined) throw new RangeError("the log-on has ended");
      return contexts.step(context, question.token);
    } catch (thrown) {
      if (thrown instanceof Error) throw thrown;
      return thrown as GssFailure;
    } finally {
      memory.drop();
    }
  };
}
