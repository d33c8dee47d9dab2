import type { Target } from "../targets.ts";

/**
 * What it does: the program's text takes the place of that of a module of Node's which no run loads, Node's own compiler
 * of TypeScript. The snapshot then refers to the text, and V8 reads the pieces that it needs from the executable, instead
 * of copying 0.6 MB into each process. Relies on: the texts of Node's modules being external references of a snapshot
 * (src/node_builtins.cc), and `process.binding("natives")`. Check: exactly one place with the module's text, with room
 * for the program's; a snapshot that does not contain it.
 */
const unusedModule = "internal/deps/amaro/dist/index";

declare global {
  namespace NodeJS {
    interface Process {
      /** https://nodejs.org/api/deprecations.html#DEP0111; `natives` has the texts of Node's modules by their names. */
      binding(name: "natives"): Readonly<Record<string, string>>;
    }
  }
}

/**
 * Changes the image of the target's Node, which has the version of this one, in place.
 * @param program text of a script, ASCII
 */
export function placeProgram(image: Buffer, program: Buffer, platform: Target["platform"]): void {
  const text = process.binding("natives")[unusedModule];
  if (text === undefined) throw new Error(`Node has no module ${unusedModule}`);
  const replaced = Buffer.from(platform === "win32" ? text.replaceAll("\n", "\r\n") : text, "latin1");
  const at = image.indexOf(replaced);
  if (at === -1 || image.indexOf(replaced, at + 1) !== -1) {
    throw new Error(`Node's binary does not have the text of ${unusedModule} exactly once`);
  }
  if (program.length > replaced.length) throw new Error(`The program's text is longer than ${unusedModule}'s`);
  image.fill(" ", at, at + replaced.length);
  program.copy(image, at);
}

/** A script that runs the program from there. @param name of the program in stack traces */
export const startingScript = (name: string): string =>
  `process.getBuiltinModule("node:vm").runInThisContext(process.binding("natives")["${unusedModule}"], ${JSON.stringify(name)});`;
