import { type Survey, takeSurvey } from "../../identity/survey.ts";
import type { ResolvedSettings } from "../../settings/layers.ts";
import { userRequest, vendorClient } from "../../wiring/survey-machine.ts";
import { type DoctorContext, maxPatience } from "../context.ts";
import { observe } from "./observe.ts";

export interface SeenSurvey {
  readonly survey: Survey;
  readonly observed: ReturnType<typeof observe>;
}

/** Takes the survey once for all checks of the identity. */
export async function seeMachine(context: DoctorContext, resolved: ResolvedSettings): Promise<SeenSurvey> {
  const { platform, clock, interrupted, commandLine } = context;
  const observed = observe(platform, vendorClient(context, resolved, interrupted), clock, maxPatience);
  const request = userRequest(commandLine.flags);
  return {
    survey: await takeSurvey(observed.platform, observed.askVendorClient, request, resolved.settings),
    observed,
  };
}
