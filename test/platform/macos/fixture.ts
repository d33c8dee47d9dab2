import { readFileSync } from "node:fs";

/** The output of one of macOS' own tools; its source is in test/fixtures/macos/README.md. */
export function printed(name: string): string {
  return readFileSync(new URL(`../../fixtures/macos/${name}.txt`, import.meta.url), "utf8");
}
