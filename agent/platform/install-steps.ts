import { AgentError, asAgentError } from "../errors.ts";
import type { InstallStep, Undo } from "./port.ts";

/**
 * Makes all changes, in their order. If one fails, those before it are undone, the last first.
 * @returns what undoes all of them
 * @throws AgentError of the step that failed, saying what could not be undone
 */
export function applySteps(steps: readonly InstallStep[]): Undo {
  const undos: Undo[] = [];
  const undoAll = (): void => {
    const problems: AgentError[] = [];
    for (const undo of undos.splice(0).reverse()) {
      try {
        undo();
      } catch (thrown) {
        problems.push(asAgentError(thrown));
      }
    }
    const [first] = problems;
    if (first !== undefined) throw new AgentError(first.code, problems.map(({ message }) => message).join(" "));
  };
  for (const step of steps) {
    if (step.change === "keep" || step.change === "absent") continue;
    try {
      undos.push(step.apply());
    } catch (thrown) {
      throw undone(asAgentError(thrown), undoAll);
    }
  }
  return undoAll;
}

function undone(error: AgentError, undoAll: Undo): AgentError {
  try {
    undoAll();
    return error;
  } catch (thrown) {
    const message = `${error.message}\nNot all that was done before could be undone: ${asAgentError(thrown).message}`;
    return new AgentError(error.code, message, { cause: error });
  }
}

/** A part of a step; reports show only the step. */
export const part = (act: () => void, undo: Undo = () => {}): InstallStep => ({
  what: "",
  change: "update",
  apply: () => {
    act();
    return undo;
  },
});

/**
 * Brings something into another state.
 * @param before undefined if it is not there
 * @param wanted undefined to remove it
 * @param isSame whether nothing has to be done
 * @param put makes a state. @throws AgentError that says what can't be `done`
 */
export function stateStep<S extends {}>(
  what: string,
  before: S | undefined,
  wanted: S | undefined,
  isSame: (before: S, wanted: S) => boolean,
  put: (state: S | undefined, done: "written" | "removed" | "put back") => void,
): InstallStep {
  const done = wanted === undefined ? "removed" : "written";
  return {
    ...part(
      () => put(wanted, done),
      () => put(before, "put back"),
    ),
    what,
    change: changeOf(),
  };

  function changeOf(): InstallStep["change"] {
    if (wanted === undefined) return before === undefined ? "absent" : "remove";
    if (before === undefined) return "create";
    return isSame(before, wanted) ? "keep" : "update";
  }
}
