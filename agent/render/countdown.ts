import { describeCountdown } from "../duration.ts";
import type { AgentError } from "../errors.ts";
import type { Countdown } from "../link/ports.ts";
import type { LiveLine } from "./live-line.ts";

/** Shows a wait in a terminal: `waiting 3 min 20 s for the limit; Ctrl-C ends this run`. */
export function countdownIn({ show, erase }: LiveLine): Countdown {
  return {
    show: (left, cause) => show(`waiting ${describeCountdown(left)} for ${awaited(cause)}; Ctrl-C ends this run`),
    erase,
  };
}

/** Short, so that the line fits 60 columns; the whole reason is in the log. */
function awaited({ code }: AgentError): string {
  switch (code) {
    case "not-due":
      return "its turn";
    case "too-many-requests":
      return "the limit";
    case "server-error":
      return "the server";
    case "identity-unreadable":
      return "the directory";
    default:
      return "the network";
  }
}
