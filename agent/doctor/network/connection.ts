import { type AgentError, asAgentError } from "../../errors.ts";
import { buildProbeRequest, type Probe, readProbe } from "../../gears/probe.ts";
import type { Finding } from "../check.ts";
import type { DoctorContext, ValuesFor } from "../context.ts";

/** The result of one harmless request over the connection that a link would use. */
export type Reached =
  /** `account`: the account of the system's log-on, if there was one. */
  | { readonly kind: "answered"; readonly probe: Probe; readonly account?: string | undefined }
  /** The system's log-on failed or was refused. */
  | { readonly kind: "refused"; readonly error: AgentError }
  | { readonly kind: "untrusted"; readonly error: AgentError };

/**
 * @throws AgentError what `send` throws, but for what other checks report: `tls-untrusted` (TLS), and a
 * failed log-on (token)
 */
export async function checkConnection(
  { clock, interrupted }: Pick<DoctorContext, "clock" | "interrupted">,
  { tenant: { baseUrl, sender, proxyAccounts } }: ValuesFor<"tenant">,
): Promise<Finding<Reached>> {
  const { host } = new URL(baseUrl);
  try {
    const response = await sender.send(buildProbeRequest(baseUrl), interrupted);
    const probe = readProbe(response, clock.now());
    const value: Reached = { kind: "answered", probe, account: response.account };
    const [account] = proxyAccounts;
    const throughProxy = account === undefined ? "" : `; the proxy accepts the account ${account}`;
    if (probe.status < 500) return { status: "ok", detail: `${host} answers${throughProxy}`, value };
    return { status: "warn", detail: `${host} returned a server error (${probe.status})`, value };
  } catch (thrown) {
    const error = asAgentError(thrown);
    if (error.place?.stage === "log-on")
      return { status: "ok", detail: `${host} is reached`, value: { kind: "refused", error } };
    if (error.code !== "tls-untrusted") throw error;
    return {
      status: "ok",
      detail: `${host} is reached; its certificate is not trusted`,
      value: { kind: "untrusted", error },
    };
  }
}
