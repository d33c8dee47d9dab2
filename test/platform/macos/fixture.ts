import { readFileSync } from "node:fs";

/** What one of macOS' own tools prints; where each text is from: test/fixtures/macos/README.md. */
export function printed(name: string): string {
  return readFileSync(new URL(`../../fixtures/macos/${name}.txt`, import.meta.url), "utf8");
}
