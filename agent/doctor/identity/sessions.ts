import type { Session } from "../../platform/port.ts";
import { counted } from "../../printable.ts";
import type { Reading } from "../../reading.ts";
import type { Finding } from "../check.ts";
import type { SeenSurvey } from "./survey.ts";

export function checkSessions({ observed }: SeenSurvey): Finding {
  const observation = observed.of("sessions");
  const reading = observation?.readings[0] as Reading<readonly Session[]> | undefined;
  if (observation === undefined || reading === undefined) {
    return { status: "skip", detail: "not needed: --user names the user" };
  }
  const { elapsedMs } = observation;
  if (reading.kind === "failed") return { status: "fail", error: reading.error, elapsedMs };
  if (reading.kind === "absent") return { status: "ok", detail: `none (${reading.reason})`, elapsedMs };
  const personal = reading.value.filter((session) => session.class === "user");
  const others = reading.value.length - personal.length;
  const rest = others === 0 ? "" : `, ${counted(others, "system session")}`;
  return { status: "ok", detail: `${counted(personal.length, "user session")}${rest}`, elapsedMs };
}
