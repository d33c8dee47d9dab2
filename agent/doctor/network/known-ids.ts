import { AgentError } from "../../errors.ts";
import { buildDeviceDetailsRequest, type KnownIds, readDeviceDetails } from "../../gears/device-details.ts";
import type { ApiRequest, Sender } from "../../network/exchange.ts";
import { unknownDeviceAdvice } from "../advice.ts";
import type { Finding } from "../check.ts";
import type { DoctorContext, ValuesFor } from "../context.ts";

/** Asks the API by one call of the account's limit which of this device's identifiers it knows. */
export async function checkKnownIds(
  { interrupted }: DoctorContext,
  { survey, credential, token, tenant }: ValuesFor<"survey" | "credential" | "tenant">,
): Promise<Finding> {
  const { device } = survey.survey;
  const { baseUrl, sender } = tenant;
  if (credential.kind === "none") return { status: "skip", detail: "the gateway adds the token only for link_user" };
  const ids = [...new Set([...device.candidates.map(({ value }) => value), ...device.hardware])];
  if (ids.length === 0) return { status: "skip", detail: "this device has no identifier" };
  const ownToken = credential.kind === "token" ? credential.accessToken : token?.token;
  if (ownToken === undefined) return { status: "skip", detail: "needs token" };
  const answer = await asked(ids, buildDeviceDetailsRequest(baseUrl, ids, ownToken), sender, interrupted);
  switch (answer.kind) {
    case "known": {
      const others = ids.filter((id) => !answer.ids.includes(id));
      const rest = others.length === 0 ? "" : `; not shown in its record: ${others.join(", ")}`;
      return { status: "ok", detail: `the API knows ${answer.ids.join(", ")}${rest}` };
    }
    case "none":
      return { status: "warn", detail: `the API knows none of ${ids.join(", ")}`, advice: unknownDeviceAdvice };
    case "unclear":
      return { status: "skip", detail: `can't tell: ${answer.why}` };
  }
}

/** A failure here is no fault: a link needs no such answer. */
async function asked(
  ids: readonly string[],
  request: ApiRequest,
  sender: Sender,
  signal: AbortSignal,
): Promise<KnownIds> {
  try {
    return readDeviceDetails(await sender.send(request, signal), ids);
  } catch (thrown) {
    if (thrown instanceof AgentError) return { kind: "unclear", why: thrown.finding };
    throw thrown;
  }
}
