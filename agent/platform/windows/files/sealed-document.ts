const protection = "dpapi-machine";

/** The text of a file that holds encrypted bytes: `{"protection":"dpapi-machine","data":"…"}` with a final newline. */
export function sealedDocument(data: Buffer): string {
  return `${JSON.stringify({ protection, data: data.toString("base64") })}\n`;
}

/** The encrypted bytes of {@link sealedDocument}; undefined for any other content. */
export function readSealed(content: Buffer): Buffer | undefined {
  let document: unknown;
  try {
    document = JSON.parse(content.toString("utf8").replace(/^\uFEFF/, ""));
  } catch {
    return undefined;
  }
  if (typeof document !== "object" || document === null) return undefined;
  const { protection: kind, data } = document as Readonly<Record<string, unknown>>;
  return kind === protection && typeof data === "string" ? Buffer.from(data, "base64") : undefined;
}
