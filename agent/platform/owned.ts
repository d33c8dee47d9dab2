/** A handle, or the address of memory, that is given back when it is disposed of. */
export interface Owned extends Disposable {
  readonly handle: bigint;
}

/** @param giveBack closes or frees it */
export const owned = (handle: bigint, giveBack: (handle: bigint) => unknown): Owned => ({
  handle,
  [Symbol.dispose]: () => void giveBack(handle),
});
