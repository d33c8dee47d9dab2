import type { CommandLine } from "../cli/command-line.ts";
import type { MachineMemory } from "../link/memory.ts";
import type { ProxyChoice } from "../network/proxy/choice.ts";
import type { Credentials } from "../settings/credentials.ts";
import type { ResolvedSettings } from "../settings/layers.ts";
import type { Settings } from "../settings/table.ts";
import type { Runtime } from "../wiring/runtime.ts";
import type { Comparison } from "./compare/compare.ts";
import type { SeenSurvey } from "./identity/survey.ts";
import type { Reached } from "./network/connection.ts";
import type { Tenant } from "./network/tenant.ts";
import type { TokenTrial } from "./network/token.ts";

export interface DoctorContext extends Runtime {
  readonly commandLine: CommandLine;
}

/** Values that checks found and later checks build on, by the name of the check. */
export interface CheckValues {
  policy?: true;
  settings?: ResolvedSettings;
  credential?: Credentials;
  state?: MachineMemory;
  survey?: SeenSurvey;
  tenant?: Tenant;
  proxy?: ProxyChoice;
  name?: true;
  connection?: Reached;
  tls?: true;
  token?: TokenTrial;
  compare?: readonly Comparison[];
}

/** The values that a check needs, and others that may be there. */
export type ValuesFor<N extends keyof CheckValues> = Required<Pick<CheckValues, N>> & CheckValues;

/** Milliseconds for one look-up or exchange, regardless of the settings: a person waits. */
export const maxPatience = 10_000;

/** Milliseconds for one look-up or exchange. */
export const patienceOf = ({ requestTimeout }: Pick<Settings, "requestTimeout">): number =>
  Math.min(maxPatience, requestTimeout);
