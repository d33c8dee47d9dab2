import { describeIgnored } from "../../settings/trusted-environment.ts";
import type { Finding } from "../check.ts";
import type { DoctorContext } from "../context.ts";

/** Variables that the operating system's loader obeys before this program can look at them. */
const loaderVariables = /^(?:LD_(?:PRELOAD|LIBRARY_PATH|AUDIT)|DYLD_(?:INSERT_LIBRARIES|LIBRARY_PATH|FRAMEWORK_PATH))$/;
/** Variables of Node that have no effect on the executables. */
const withoutEffect: readonly string[] = ["NODE_EXTRA_CA_CERTS", "NODE_TLS_REJECT_UNAUTHORIZED"];

/** Variables that may be meant to change code, trust or destination. Their values are not shown. */
export function checkEnvironment({
  environment,
  ignoredVariables: ignored,
  platform: { privileged },
}: Pick<DoctorContext, "environment" | "ignoredVariables" | "platform">): Finding {
  const set = Object.keys(environment).filter((name) => environment[name]);
  const loaders = privileged ? set.filter((name) => loaderVariables.test(name)) : [];
  const without = set.filter((name) => withoutEffect.includes(name));
  const notes: string[] = [];
  if (loaders.length > 0) notes.push(`${loaders.join(", ")} can change the code of this run`);
  const left = describeIgnored(ignored);
  if (left !== undefined) notes.push(left);
  if (without.length > 0) notes.push(`without effect: ${without.join(", ")}`);
  if (notes.length === 0) return { status: "ok", detail: "no variable is ignored or can change the code" };
  return { status: "warn", detail: notes.join("; "), advice: environmentAdvice(loaders, ignored) };
}

function environmentAdvice(loaders: readonly string[], ignored: readonly string[]): string {
  if (loaders.length > 0) return `unset ${loaders.join(" ")}`;
  if (ignored.some((name) => name.startsWith("LINKUSER_"))) return "use the settings file or a flag instead";
  if (ignored.some((name) => /proxy/i.test(name))) return "if a proxy is needed, name it in the setting proxy";
  const trust = ignored.some((name) => /^SSL_CERT_/i.test(name));
  return trust || ignored.length === 0 ? "name additional CAs in the setting caFile" : `unset ${ignored.join(" ")}`;
}
