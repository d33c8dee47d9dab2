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

/** A part of a step; reports show only the step. @param apply as of {@link InstallStep} */
export const part = (apply: InstallStep["apply"]): InstallStep => ({ what: "", change: "update", apply });
