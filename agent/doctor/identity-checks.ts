import type { Source } from "../identity/candidates.ts";
import type { Survey } from "../identity/survey.ts";
import type { Session } from "../platform/port.ts";
import type { Reading } from "../reading.ts";
import type { Observation, Observed } from "./observe.ts";
import type { Finding } from "./report.ts";

/** A survey, and what its look-ups said one by one. */
export interface SeenSurvey {
  readonly survey: Survey;
  readonly observed: Observed;
}

/** The device ID of the vendor's client, by its local API or where it keeps it. */
export function checkVendorClient({ survey: { device }, observed }: SeenSurvey): Finding {
  return checkIds("opswat", device, observed.of("vendorDeviceId"), observed.elapsed("vendorClient", "vendorDeviceId"));
}

/** What the hardware's identifiers are, and why some are passed over. */
export function checkHardwareIds({ survey: { device }, observed }: SeenSurvey): Finding {
  return checkIds("hwid", device, observed.of("hardwareIds"), observed.elapsed("hardwareIds"));
}

/** Where one source has nothing another may serve, so nothing fails here; `identifier` sums up. */
function checkIds(
  source: Source,
  device: Survey["device"],
  observation: Observation | undefined,
  elapsedMs: number,
): Finding {
  if (observation === undefined) return leftOut;
  const own = device.candidates.find((one) => one.source === source);
  if (own !== undefined) return { status: "ok", detail: `${own.value}, ${own.detail}`, elapsedMs };
  const passedOver = device.passedOver.filter((one) => one.source === source);
  const problem = passedOver.find(({ failed }) => failed);
  if (problem !== undefined) return { status: "warn", detail: problem.reason, elapsedMs };
  const reasons = new Set(passedOver.map(({ reason }) => reason));
  return { status: "skip", detail: [...reasons].join("; ") || "none", elapsedMs };
}

const leftOut: Finding = { status: "skip", detail: "the setting identify leaves it out" };

/** Which MAC addresses would be tried, and why others not. */
export function checkAdapters({ survey: { device }, observed }: SeenSurvey): Finding {
  const observation = observed.of("adapters");
  if (observation === undefined) return leftOut;
  const { elapsedMs } = observation;
  const [best, ...others] = device.candidates.filter(({ source }) => source === "mac");
  const passedOver = device.passedOver.filter(({ source }) => source === "mac");
  if (best === undefined) {
    const why = passedOver.map(({ detail, reason }) => `${detail}: ${reason}`).join("; ");
    return { status: "warn", detail: `none to be used (${why || "there are none"})`, elapsedMs };
  }
  const more = [
    ...(others.length > 0 ? [`then ${others.map(({ detail }) => detail).join(", ")}`] : []),
    ...(passedOver.length > 0 ? [`${passedOver.length} passed over`] : []),
  ];
  return { status: "ok", detail: [`${best.detail} ${best.value}`, ...more].join("; "), elapsedMs };
}

/** Under which identifiers the API is asked. */
export function checkIdentifier({ survey: { device, problems } }: SeenSurvey): Finding {
  const [first, ...others] = device.candidates;
  if (first !== undefined) {
    const kind = first.opt === 0 ? "MAC address" : "HWID";
    const rest = others.length === 0 ? "no other" : `then ${others.length} more`;
    return { status: "ok", detail: `${kind} ${first.value}, ${rest}` };
  }
  const [error] = problems;
  return error === undefined ? { status: "skip", detail: "none was looked for" } : { status: "fail", error };
}

/** Who is logged on. */
export function checkSessions({ observed }: SeenSurvey): Finding {
  const observation = observed.of("sessions");
  const reading = observation?.readings[0] as Reading<readonly Session[]> | undefined;
  if (observation === undefined || reading === undefined) {
    return { status: "skip", detail: "not asked, as --user names the user" };
  }
  const { elapsedMs } = observation;
  if (reading.kind === "failed") return { status: "fail", error: reading.error, elapsedMs };
  if (reading.kind === "absent") return { status: "ok", detail: `none (${reading.reason})`, elapsedMs };
  const personal = reading.value.filter((session) => session.class === "user");
  const others = reading.value.length - personal.length;
  const rest = others === 0 ? "" : `, ${others} of the system`;
  return { status: "ok", detail: `${personal.length} of people${rest}`, elapsedMs };
}

/** That nobody is there to be linked is no fault of the machine: the trigger comes when somebody logs on. */
export function checkUser({ survey: { user, username, problems }, observed }: SeenSurvey): Finding {
  const elapsedMs = observed.elapsed("caller", "account", "accountByName", "principalName");
  switch (user.kind) {
    case "user": {
      const failure = observed.of("principalName")?.readings.find(({ kind }) => kind === "failed");
      const error =
        failure?.kind === "failed" ? failure.error : problems.find(({ code }) => code === "request-refused");
      if (error !== undefined) return { status: "fail", error, elapsedMs };
      return { status: "ok", detail: `${user.account.systemName}, ${user.reason}; sent as ${username}`, elapsedMs };
    }
    case "skipped":
      return { status: "warn", detail: `${user.reason}: a run links nobody`, elapsedMs };
    case "none": {
      const { error } = user;
      if (observed.of("sessions")?.readings[0]?.kind === "failed") return { status: "skip", detail: "needs sessions" };
      if (error.code !== "no-user") return { status: "fail", error, elapsedMs };
      return { status: "warn", detail: error.message, advice: "linkuser-agent doctor --user NAME", elapsedMs };
    }
  }
}

/** Which group would be sent, and of how many. */
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
  const all = groups.rows.length === 1 ? "1 group" : `${groups.rows.length} groups`;
  const detail =
    groups.group === undefined
      ? `none of ${all} is sent: ${groups.reason}`
      : `${groups.group} of ${all} is sent: ${groups.reason}`;
  return groups.warnings.length === 0
    ? { status: "ok", detail, elapsedMs }
    : { status: "warn", detail: `${detail} (${groups.warnings.join("; ")})`, elapsedMs };
}
