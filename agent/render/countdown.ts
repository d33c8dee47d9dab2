import { describeCountdown } from "../duration.ts";
import type { ErrorCode } from "../errors.ts";
import type { Countdown } from "../link/ports.ts";
import type { LiveLine } from "./live-line.ts";

/** Shows a wait in a terminal: `waiting 3 min 20 s for the limit; Ctrl-C ends this run`. */
export function countdownIn({ show, erase }: LiveLine): Countdown {
  return {
    show: (left, cause) =>
      show(`waiting ${describeCountdown(left)} for ${awaited[cause.code] ?? "the network"}; Ctrl-C ends this run`),
    erase,
  };
}

/** Short, so that the line fits 60 columns; the whole reason is in the log. */
const awaited: Partial<Readonly<Record<ErrorCode, string>>> = {
  "not-due": "its turn",
  "too-many-requests": "the limit",
  "server-error": "the server",
  "identity-unreadable": "the directory",
};
