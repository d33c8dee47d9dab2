import { describeDuration } from "../../duration.ts";
import type { RateLimitReport } from "../../gears/rate-limit-headers.ts";
import type { Finding } from "../check.ts";
import type { DoctorContext, ValuesFor } from "../context.ts";

export function checkRateLimit(
  { clock }: Pick<DoctorContext, "clock">,
  { connection, token, settings }: ValuesFor<"connection" | "settings">,
): Finding {
  if (connection.kind !== "answered") return { status: "skip", detail: "needs tls" };
  const setting = settings.settings.rateLimit;
  const report = [token?.rateLimit, connection.probe.rateLimit].find(
    (one) => one?.limit !== undefined || one?.remaining !== undefined,
  );
  if (report === undefined) return { status: "skip", detail: "the server's answers have no X-RateLimit headers" };
  const { limit, remaining } = report;
  const parts = [
    ...(limit === undefined ? [] : [`${limit} calls per period`]),
    ...(remaining === undefined ? [] : [`${remaining} left${moreIn(report, clock.now())}`]),
  ];
  if (limit !== undefined && limit < setting.calls) {
    const detail = `${parts.join(", ")}, but the setting rateLimit counts on ${setting.calls}`;
    return { status: "warn", detail, advice: `set rateLimit to ${limit}/1m` };
  }
  return { status: "ok", detail: parts.join(", ") };
}

/** When more calls are allowed, as the end of a sentence. */
export function moreIn({ notBefore }: RateLimitReport, now: number): string {
  return notBefore === undefined ? "" : `, more in ${describeDuration(notBefore - now)}`;
}
