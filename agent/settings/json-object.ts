/** One JSON object of a file, by name. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** A text's fault, completing "the file …"; it quotes only the names in `quotable`. */
export type ParsedObject = { readonly value: JsonObject } | { readonly fault: string };

/** Deeper than any settings file, and safe for the stack. */
const maxDepth = 32;

/**
 * Reads a text that is one JSON object (RFC 8259), and refuses a repeated name, of which JSON.parse would keep the
 * last.
 * @param quotable whether a name may be shown: in a file of secrets it may be one in the wrong place
 */
export function parseJsonObject(text: string, quotable: (name: string) => boolean = () => true): ParsedObject {
  if (text.trim() === "") return { fault: "is empty" };
  const reader = new Reader(text, quotable);
  try {
    const value = reader.whole();
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return { value: value as JsonObject };
    return { fault: "is not a JSON object" };
  } catch (thrown) {
    if (thrown instanceof Refusal) return { fault: thrown.message };
    throw thrown;
  }
}

class Refusal extends Error {}

const stringToken = /"(?:[ !#-[\]-\uffff]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"/y;
const otherToken = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

class Reader {
  readonly #text: string;
  readonly #quotable: (name: string) => boolean;
  #at = 0;

  constructor(text: string, quotable: (name: string) => boolean) {
    this.#text = text;
    this.#quotable = quotable;
  }

  whole(): unknown {
    const value = this.#value(0);
    this.#skip();
    if (this.#at < this.#text.length) throw this.#unexpected();
    return value;
  }

  #value(depth: number): unknown {
    if (depth > maxDepth) throw new Refusal(`is nested deeper than ${maxDepth} levels`);
    if (this.#take("{")) return this.#object(depth);
    if (this.#take("[")) return this.#array(depth);
    return JSON.parse(this.#token(stringToken) ?? this.#token(otherToken) ?? this.#refuse());
  }

  #object(depth: number): JsonObject {
    const entries = new Map<string, unknown>();
    if (this.#take("}")) return {};
    do {
      this.#skip();
      const start = this.#at;
      const name: string = JSON.parse(this.#token(stringToken) ?? this.#refuse());
      if (entries.has(name)) {
        throw new Refusal(`has ${this.#quotable(name) ? name : "a name"} twice${this.#place(start)}`);
      }
      if (!this.#take(":")) throw this.#unexpected();
      entries.set(name, this.#value(depth + 1));
    } while (this.#take(","));
    if (!this.#take("}")) throw this.#unexpected();
    return Object.fromEntries(entries);
  }

  #array(depth: number): readonly unknown[] {
    const items: unknown[] = [];
    if (this.#take("]")) return items;
    do items.push(this.#value(depth + 1));
    while (this.#take(","));
    if (!this.#take("]")) throw this.#unexpected();
    return items;
  }

  #skip(): void {
    while (this.#at < this.#text.length && " \t\n\r".includes(this.#text.charAt(this.#at))) this.#at++;
  }

  #take(mark: string): boolean {
    this.#skip();
    if (this.#text[this.#at] !== mark) return false;
    this.#at++;
    return true;
  }

  #token(form: RegExp): string | undefined {
    this.#skip();
    form.lastIndex = this.#at;
    const token = form.exec(this.#text)?.[0];
    if (token !== undefined) this.#at += token.length;
    return token;
  }

  #refuse(): never {
    throw this.#unexpected();
  }

  #unexpected(): Refusal {
    this.#skip();
    const place = this.#place(this.#at);
    if (/^(?:\/[/*]|#)/.test(this.#text.slice(this.#at, this.#at + 2))) {
      return new Refusal(`has a comment, which JSON does not allow${place}`);
    }
    const end = this.#at >= this.#text.length ? ": it ends too early" : "";
    return new Refusal(`is not valid JSON${place}${end}`);
  }

  #place(at: number): string {
    const before = this.#text.slice(0, at).split("\n");
    return ` (line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1})`;
  }
}
