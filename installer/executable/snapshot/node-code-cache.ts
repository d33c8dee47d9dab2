/**
 * Drops V8's code cache of Node's own modules (4 MB, 441 of them) from a snapshot's blob, except for those that a link
 * loads after its start. Node reads all of it at every start. Those that are kept have the code of all functions, because
 * `entry.ts` turns lazy compilation off before Node makes them; V8 takes them where the hash of its flags in them is that
 * of a start. Relies on: `node::SnapshotData` ending in a vector of (name, cache), its place in a SEA blob (Node 26.10),
 * and `v8::internal::SerializedCodeData` (V8 14.6). Check: exactly one place after which the rest of the snapshot is such
 * a vector, each name of `kept`, and the magic number and version of each cache.
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

/**
 * @param compiled cached data of any script, from the same Node with the flags of a start
 * @returns the SEA blob with a smaller snapshot in it
 */
export function dropNodeCodeCache(blob: Buffer, compiled: Buffer): Buffer {
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
  const caches = place.caches
    .filter(({ name }) => kept.has(name))
    .map(({ name, data }) => ({ name, data: withFlagsOf(compiled, data) }));
  if (caches.length !== kept.size) throw new Error(`The snapshot has ${caches.length} of ${kept.size} code caches`);
  const smaller = Buffer.concat([snapshot.subarray(0, place.at), writeCaches(caches)]);
  const before = Buffer.from(blob.subarray(0, start));
  before.writeBigUInt64LE(BigInt(smaller.length), start - 8);
  return Buffer.concat([before, smaller, blob.subarray(start + size)]);
}

/** Four bytes each: magic number, version, source, flags. */
function withFlagsOf(compiled: Buffer, data: Buffer): Buffer {
  if (!compiled.subarray(0, 8).equals(data.subarray(0, 8))) throw new Error("Node's code caches have another form");
  return Buffer.concat([data.subarray(0, 12), compiled.subarray(12, 16), data.subarray(16)]);
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
