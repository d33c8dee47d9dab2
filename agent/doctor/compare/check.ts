import type { Finding } from "../check.ts";
import type { DoctorContext } from "../context.ts";
import type { SeenSurvey } from "../identity/survey.ts";
import { type Comparison, compareWith } from "./compare.ts";

/** Compares each reading with the system's own tools, which only this check starts. */
export async function checkComparison(
  { platform }: DoctorContext,
  { survey: { user } }: SeenSurvey,
): Promise<Finding<readonly Comparison[]>> {
  const account = user.kind === "user" ? user.account : undefined;
  const readings = (await platform.readTools?.(account)) ?? [];
  const value = await compareWith(readings, platform, account);
  const count = (result: Comparison["result"]) => value.filter((one) => one.result === result);
  const [different, equal] = [count("different"), count("equal").length];
  const detail = `${equal} of ${value.length} facts are equal, ${different.length} differ, ${count("not-compared").length} not compared`;
  if (different.length === 0) return { status: "ok", detail, value };
  return { status: "warn", detail: `${detail}: ${different.map(({ fact }) => fact).join(", ")}`, value };
}
