/**
 * Drops V8's code cache of Node's own modules (4 MB, 441 of them) from a snapshot's blob, except for those that a link
 * loads after its start. Node reads all of it at every start. Relies on: `node::SnapshotData` ending in a vector of
 * (name, cache), and its place in a SEA blob (Node 26.10). Check: exactly one place after which the rest of the
 * snapshot is such a vector, and each name of `kept`.
 */

/**
 * Modules that a run loads and that can't be in the snapshot: node:ffi, node:tls and node:crypto with their
 * dependencies.
 */
const kept = new Set(
  `ffi internal/ffi-shared-buffer internal/ffi/fast-api internal/ffi/vfs
  internal/tls/secure-context internal/tls/common internal/js_stream_socket internal/tls/wrap tls
  internal/dns/callback_resolver dns
  internal/crypto/hashnames internal/crypto/util internal/crypto/random internal/crypto/keys internal/crypto/argon2
  internal/crypto/pbkdf2 internal/crypto/scrypt internal/crypto/hkdf internal/crypto/keygen
  internal/crypto/diffiehellman internal/streams/lazy_transform internal/crypto/cipher internal/crypto/sig
  internal/crypto/hash internal/crypto/provider_mac internal/crypto/x509 internal/crypto/certificate
  internal/crypto/kem crypto`.split(/\s+/),
);

/** Magic number of a snapshot's blob (`SnapshotData::kMagic`), and the kind of it that a user's script made. */
const snapshotStart = Buffer.from("19da4301", "hex");

interface Cache {
  readonly name: string;
  readonly data: Buffer;
}

/** @returns the SEA blob with a smaller snapshot in it */
export function dropNodeCodeCache(blob: Buffer): Buffer {
  const start = blob.indexOf(snapshotStart);
  if (start === -1 || blob.indexOf(snapshotStart, start + 4) !== -1) {
    throw new Error("The blob does not contain exactly one snapshot of Node");
  }
  const size = Number(blob.readBigUInt64LE(start - 8));
  const snapshot = blob.subarray(start, start + size);
  const found = candidates(snapshot).flatMap((at) => {
    const caches = readCaches(snapshot, at);
    return caches === undefined ? [] : [{ at, caches }];
  });
  const [place, ...more] = found;
  if (place === undefined || more.length > 0) throw new Error(`The snapshot has ${found.length} tables of code caches`);
  const caches = place.caches.filter(({ name }) => kept.has(name));
  if (caches.length !== kept.size) throw new Error(`The snapshot has ${caches.length} of ${kept.size} code caches`);
  const smaller = Buffer.concat([snapshot.subarray(0, place.at), writeCaches(caches)]);
  const before = Buffer.from(blob.subarray(0, start));
  before.writeBigUInt64LE(BigInt(smaller.length), start - 8);
  return Buffer.concat([before, smaller, blob.subarray(start + size)]);
}

/** Where a vector of 50 to 65535 elements may begin. */
function candidates(snapshot: Buffer): readonly number[] {
  const places: number[] = [];
  const zeros = Buffer.alloc(6);
  for (let at = snapshot.indexOf(zeros, 2); at !== -1; at = snapshot.indexOf(zeros, at + 1)) {
    if (snapshot.readUInt16LE(at - 2) >= 50) places.push(at - 2);
  }
  return places;
}

/** @returns undefined if the bytes from there to the end are no such vector */
function readCaches(snapshot: Buffer, start: number): readonly Cache[] | undefined {
  let at = start;
  const take = (longest: number): Buffer | undefined => {
    if (at + 8 > snapshot.length) return undefined;
    const size = Number(snapshot.readBigUInt64LE(at));
    const from = at + 8;
    if (size > Math.min(longest, snapshot.length - from)) return undefined;
    at = from + size;
    return snapshot.subarray(from, at);
  };
  const count = Number(snapshot.readBigUInt64LE(at));
  at += 8;
  const caches: Cache[] = [];
  for (let index = 0; index < count; index += 1) {
    const name = take(200)?.toString("latin1");
    const data = name !== undefined && /^[!-~]{2,}$/.test(name) ? take(snapshot.length) : undefined;
    if (name === undefined || data === undefined) return undefined;
    caches.push({ name, data });
  }
  return at === snapshot.length ? caches : undefined;
}

function writeCaches(caches: readonly Cache[]): Buffer {
  const number = (value: number): Buffer => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(BigInt(value));
    return bytes;
  };
  const parts = caches.flatMap(({ name, data }) => [number(name.length), Buffer.from(name), number(data.length), data]);
  return Buffer.concat([number(caches.length), ...parts]);
}
