import { AgentError } from "../errors.ts";
import type { ExchangeContext, RawResponse } from "../network/exchange.ts";
import { isRecord } from "../shape.ts";
import { serverText } from "./server-text.ts";

/** The body of an answer, before anything is known of its fields. */
export type AnswerBody =
  | { readonly kind: "object"; readonly fields: Readonly<Record<string, unknown>> }
  | { readonly kind: "empty" }
  /** JSON, but not an object; its value is undefined if it has too many strings. */
  | { readonly kind: "other-json"; readonly value: unknown }
  /** `words` are its title, or its beginning. */
  | { readonly kind: "html" | "text"; readonly words: string };

/**
 * The most strings in an answer; the API's own have about ten. All processes of an executable hash strings with
 * the same seed (docs/decisions/0052), so a server could send many with one hash: V8 would compare each with all others
 * before it, and no deadline interrupts that.
 */
const maxStrings = 1000;

/** Reads the body by its content, not by its headers: the vendor's client labels JSON as HTML. */
export function readBody({ headers, body }: RawResponse): AnswerBody {
  const text = body.replace(/^\uFEFF/, "").trim();
  if (text === "") return { kind: "empty" };
  if (/^[[{]/.test(text) && text.split('"').length > 2 * maxStrings + 1)
    return { kind: "other-json", value: undefined };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (thrown) {
    if (!(thrown instanceof SyntaxError)) throw thrown;
    const title = /<title[^>]*>\s*(?:\d{3}\b[\s:-]*)?([^<]{1,200})/i.exec(text.slice(0, 4096))?.[1] ?? "";
    return text.startsWith("<") || /\bhtml\b/i.test(headers["content-type"] ?? "")
      ? { kind: "html", words: title.replace(/\s+/g, " ") }
      : { kind: "text", words: text.slice(0, 200).replace(/\s+/g, " ") };
  }
  return isRecord(value) ? { kind: "object", fields: value } : { kind: "other-json", value };
}

/**
 * The server's own words in an answer, safe to print: of the API (`msg`), of OAuth (RFC 6749 5.2), of Problem Details
 * (RFC 9457), and of what gateways and firewalls write. Undefined if there are none.
 * @param safe makes a text fit to be shown
 */
export function wordsOf(
  body: AnswerBody,
  secrets: ExchangeContext["secrets"],
  safe: typeof serverText = serverText,
): string | undefined {
  const text = body.kind === "object" ? textIn(body.fields) : "words" in body ? body.words : undefined;
  return (text && safe(text, secrets).replace(/[.\s]+$/, "")) || undefined;
}

const wordFields = [
  "error_description",
  "msg",
  "message",
  "detail",
  "title",
  "reason",
  "description",
  "error",
  "errors",
];

function textIn(value: unknown, depth = 0): string | undefined {
  if (typeof value === "string") return value.trim() === "" || isOAuthCode(value, depth) ? undefined : value;
  if (typeof value !== "object" || value === null || depth > 2) return undefined;
  if (Array.isArray(value)) return textIn(value[0], depth + 1);
  const fields = value as Readonly<Record<string, unknown>>;
  for (const name of wordFields) {
    const text = Object.hasOwn(fields, name) ? textIn(fields[name], depth + 1) : undefined;
    if (text !== undefined) return text;
  }
  return undefined;
}

/** The message for OAuth errors already shows this code. */
const isOAuthCode = (text: string, depth: number): boolean => depth === 1 && /^[a-z]+(?:_[a-z]+)+$/.test(text);

/** The vendor's page gives the text, and not the status that it comes with. */
export function saysDeviceNotFound(body: AnswerBody): boolean {
  const message = body.kind === "object" ? body.fields["msg"] : undefined;
  return typeof message === "string" && /^\s*device not found\b/i.test(message);
}

/** Completes a status in brackets. */
export const said = (words: string | undefined): string => (words === undefined ? "" : `: ${words}`);

/**
 * Statuses after which the same request may succeed later: server errors, and time-outs before the server (RFC 8470).
 */
export const isServerError = (status: number): boolean =>
  status === 408 || status === 425 || (status >= 500 && status !== 511);

/** @param who begins the sentence */
export function serverFault(who: string, status: number, words: string | undefined): AgentError {
  return new AgentError("server-error", `${who} returned a server error (status ${status}${said(words)}).`);
}

const otherwise = "A captive portal or a proxy may answer in its place; otherwise check baseUrl.";

/**
 * A redirect is never followed: it would send the token to another host, and captive portals send redirects. Only the
 * new address's host is shown, because its query may repeat the token.
 */
export function redirected({ status, headers }: RawResponse, { host, secrets }: ExchangeContext): AgentError {
  const location = headers["location"] ?? "";
  const canParse = location !== "" && URL.canParse(location, `https://${host}`);
  const target = canParse ? new URL(location, `https://${host}`).host : "";
  const where = serverText(target, secrets);
  if (isPassing(status) && target !== "" && target !== host)
    return intercepted(host, `redirects to ${where}`, `${status}`);
  return new AgentError(
    "redirected",
    `${host} redirects${where === "" ? "" : ` to ${where}`} (status ${status}), which the API never does. ${otherwise}`,
  );
}

/** 301 and 308 are permanent (RFC 9110 15.4), as for a tenant that moved; a portal's redirects are temporary. */
const isPassing = (status: number): boolean => status === 302 || status === 303 || status === 307;

/** An answer from a network's log-on page; it ends when the user has signed in. */
function intercepted(host: string, does: string, status: string): AgentError {
  return new AgentError(
    "intercepted",
    `A captive portal or a proxy answers in place of ${host}: it ${does} (status ${status}). Open a web page to sign in to this network. If you have signed in, check proxy and baseUrl.`,
  );
}

export function wrongBody(body: AnswerBody, status: number, { host, secrets }: ExchangeContext): AgentError {
  const described = `${status}${said(wordsOf(body, secrets))}`;
  if (status === 511) return intercepted(host, "asks users of this network to sign in", described);
  if (body.kind === "html" && status >= 200 && status < 300) return intercepted(host, "sends a web page", described);
  const answered = {
    html: "answered with a web page",
    text: "answered with something that is not JSON",
    empty: "sent an empty answer",
    "other-json": "sent JSON that is not what the API documents",
    object: "sent JSON that is not what the API documents",
  }[body.kind];
  const code = body.kind === "object" || body.kind === "other-json" ? "unexpected-answer" : "not-json";
  return new AgentError(code, `${host} ${answered} (status ${described}). ${otherwise}`);
}
