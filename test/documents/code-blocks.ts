/** A fenced block of code in a document. */
export interface CodeBlock {
  /** Of its opening fence, from 1. */
  readonly line: number;
  /** The first word after the fence; "" where there is none. */
  readonly language: string;
  /** Without the fence's indentation. */
  readonly code: string;
  /** The paragraph or list item that ends right above it, where "not run" or "[Wine]" may be. */
  readonly introduction: string;
}

const fence = /^( *)```([^\s`]*) *\n([\s\S]*?)^ *```$/gm;

export function codeBlocks(text: string): readonly CodeBlock[] {
  return [...text.matchAll(fence)].map(({ 1: indentation = "", 2: language = "", 3: code = "", index }) => ({
    line: lineOf(text, index),
    language,
    code: code.replaceAll(new RegExp(`^${indentation}`, "gm"), ""),
    introduction:
      text
        .slice(0, index)
        .trimEnd()
        .split(/\n *\n/)
        .at(-1) ?? "",
  }));
}

/** Lines at which an indented block starts, which has no language. */
export function indentedBlocks(text: string): readonly number[] {
  const found: number[] = [];
  /** Column at which the text of the innermost open list item starts. */
  let item = 0;
  let afterBlank = true;
  for (const [index, line] of withoutFences(text).split("\n").entries()) {
    const indentation = line.search(/\S/);
    if (indentation < 0) {
      afterBlank = true;
      continue;
    }
    if (afterBlank && indentation < item) item = indentation;
    const marker = /^ *(?:[-*+]|\d+[.)]) +/.exec(line);
    if (afterBlank && indentation >= item + 4) found.push(index + 1);
    else if (marker !== null) item = marker[0].length;
    afterBlank = false;
  }
  return found;
}

/** The lines outside of fences, with their numbers. */
export const withoutFences = (text: string): string =>
  text.replaceAll(fence, (block) => block.replaceAll(/[^\n]/g, ""));

const lineOf = (text: string, index: number): number => text.slice(0, index).split("\n").length;
