import { counted } from "../../printable.ts";
import type { Finding } from "../check.ts";
import type { SeenSurvey } from "./survey.ts";

export function checkGroups({ survey: { groups, problems }, observed }: SeenSurvey): Finding {
  const observation = observed.of("groups");
  if (observation === undefined) return { status: "skip", detail: "needs user" };
  const { elapsedMs } = observation;
  const [reading] = observation.readings;
  if (reading?.kind === "failed") {
    const { error } = reading;
    if (problems.includes(error)) return { status: "fail", error, elapsedMs };
    return { status: "warn", detail: `${error.message} None is sent in any case.`, elapsedMs };
  }
  if (groups === undefined) return { status: "skip", detail: "needs user" };
  const all = counted(groups.rows.length, "group");
  const detail =
    groups.group === undefined
      ? `none of ${all} is sent: ${groups.reason}`
      : `${groups.group} of ${all} is sent: ${groups.reason}`;
  return groups.warnings.length === 0
    ? { status: "ok", detail, elapsedMs }
    : { status: "warn", detail: `${detail} (${groups.warnings.join("; ")})`, elapsedMs };
}
