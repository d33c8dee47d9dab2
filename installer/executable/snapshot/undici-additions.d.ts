/** See `additions` in `../bundle.ts`. */
declare module "undici/lib/dispatcher/client-h1.js" {
  /** Forgets the parser and its buffer. */
  export function forgetParser(): void;
}
