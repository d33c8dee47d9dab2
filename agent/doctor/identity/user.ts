import type { Finding } from "../check.ts";
import type { SeenSurvey } from "./survey.ts";

/**
 * A machine without a logged-on user is not at fault: the trigger runs when one logs on.
 * @param linked the user that an earlier run linked to this device
 */
export function checkUser({ survey: { user, username, problems }, observed }: SeenSurvey, linked?: string): Finding {
  const elapsedMs = observed.elapsed("caller", "account", "accountByName", "principalName");
  switch (user.kind) {
    case "user": {
      const failure = observed.of("principalName")?.readings.find(({ kind }) => kind === "failed");
      const error =
        failure?.kind === "failed" ? failure.error : problems.find(({ code }) => code === "request-refused");
      if (error !== undefined) return { status: "fail", error, elapsedMs };
      if (linked !== undefined && linked.toLowerCase() !== username?.toLowerCase()) {
        const detail = `This device is linked to ${linked}; now it would be linked to ${username} (${user.reason})`;
        return { status: "warn", detail, advice: "linkuser-agent --dry-run", elapsedMs };
      }
      return { status: "ok", detail: `${user.account.systemName}, ${user.reason}; sent as ${username}`, elapsedMs };
    }
    case "skipped":
      return {
        status: "warn",
        detail: `a run links no one: ${user.reason}`,
        advice: "linkuser-agent --dry-run",
        elapsedMs,
      };
    case "none": {
      const { error } = user;
      if (observed.of("sessions")?.readings[0]?.kind === "failed") return { status: "skip", detail: "needs sessions" };
      const named = observed.of("accountByName") !== undefined;
      if (named || error.code !== "no-user") return { status: "fail", error, elapsedMs };
      return { status: "warn", detail: error.message, advice: "linkuser-agent doctor --user NAME", elapsedMs };
    }
  }
}
