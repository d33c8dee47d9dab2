import type { ChildProcess } from "node:child_process";

/** Resolves when a process has ended, or could not be started. To be called right after its start. */
export function endOfChild(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once("error", () => resolve()).once("close", () => resolve());
  });
}

/**
 * Waits for the first line that a process writes, by which it says that it is ready.
 * @throws Error with what it wrote to standard error, where it ends before
 */
export function firstLine(child: ChildProcess): Promise<string> {
  let reported = "";
  let errors = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    errors += text;
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => reject(new Error(`ended with ${code} before it was ready: ${errors}`)));
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      reported += text;
      if (reported.includes("\n")) resolve(reported.slice(0, reported.indexOf("\n")));
    });
  });
}
