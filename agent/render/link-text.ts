import { exitCodes } from "../exit-codes.ts";
import { describeDevice } from "../identity/device/candidates.ts";
import type { LinkResult } from "../link/ports.ts";
import { printable } from "../printable.ts";
import type { CommandResult } from "../wiring/runtime.ts";

export function describeLink(result: LinkResult): CommandResult {
  const { outcome, device, username, group, message, requests, elapsedMs, error } = result;
  const known = { outcome, device, username, group, message, requests, elapsedMs };
  return {
    exitCode: exitCodes[outcome],
    document: error === undefined ? known : { ...known, error: { code: error.code } },
    text: textFor(result),
  };
}

function textFor({ outcome, device, username, group, message }: LinkResult): string {
  if (outcome !== "linked" && outcome !== "already-linked") return `${outcome}: ${printable(message, 2000)}`;
  const to = `${printable(username ?? "")}${group === undefined ? "" : `, group ${printable(group)}`}`;
  const linked = `${outcome}: ${printable(device === undefined ? "" : describeDevice(device))} to ${to}`;
  return outcome === "linked" ? linked : `${linked}\n${printable(message)}`;
}
