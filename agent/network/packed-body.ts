import { AgentError, systemErrorCode } from "../errors.ts";
import { type Party, partyOf } from "./network-failure.ts";

/**
 * The text of a body, decompressed if needed (RFC 9110 8.4): servers and proxies compress without being asked.
 * @param maxBytes bytes, unpacked
 * @throws AgentError `answer-too-large`, `unexpected-answer`
 */
export function unpacked(
  { headers, body }: { readonly headers: Readonly<Record<string, string>>; readonly body: Buffer },
  maxBytes: number,
  party: Party,
): string {
  const codings = (headers["content-encoding"] ?? "")
    .toLowerCase()
    .split(",")
    .map((coding) => coding.trim())
    .filter((coding) => coding !== "" && coding !== "identity");
  let bytes = body;
  try {
    // The last encoding was applied last.
    for (const coding of bytes.length === 0 ? [] : codings.toReversed()) bytes = unpack(bytes, coding, maxBytes);
  } catch (cause) {
    if (systemErrorCode(cause) === "ERR_BUFFER_TOO_LARGE") throw sentTooMuch(party, maxBytes, cause);
    // A proxy that scanned the answer may have unpacked it and left the header.
    if (body[0] === openingBrace) return new TextDecoder().decode(body);
    const peer = partyOf(party);
    const message = `${peer} sent an answer that can't be unpacked (Content-Encoding). Another service or a proxy may answer in its place.`;
    throw new AgentError("unexpected-answer", message, { cause, place: { stage: "answer", party: party.party } });
  }
  return new TextDecoder().decode(bytes);
}

/** Of a JSON object, as all answers of the API are. */
const openingBrace = 0x7b;

function unpack(bytes: Buffer, coding: string, maxOutputLength: number): Buffer {
  // Not imported: hardly any answer needs it.
  const zlib = process.getBuiltinModule("node:zlib");
  const options = { maxOutputLength };
  switch (coding) {
    case "gzip":
    case "x-gzip":
      return zlib.gunzipSync(bytes, options);
    case "deflate":
      // zlib's form by the specification, bare by some servers.
      return ((bytes[0] ?? 0) & 0x0f) === 8 ? zlib.inflateSync(bytes, options) : zlib.inflateRawSync(bytes, options);
    case "br":
      return zlib.brotliDecompressSync(bytes, options);
    case "zstd":
      return zlib.zstdDecompressSync(bytes, options);
    default:
      throw new Error("an unknown coding");
  }
}

export function sentTooMuch(party: Party, bytes: number, cause?: unknown): AgentError {
  const message = `${partyOf(party)} sent more than ${bytes / 1024} KiB. A proxy may answer in its place.`;
  return new AgentError("answer-too-large", message, { cause, place: { stage: "answer", party: party.party } });
}
