import { madeAfter } from "../clock.ts";
import type { Candidate } from "../identity/device/candidates.ts";
import { foldName } from "../identity/fold.ts";
import { slotOf } from "../pace/slot.ts";
import type { Settings } from "../settings/table.ts";
import type { RememberedLink } from "./memory.ts";
import type { Identity, LinkTarget } from "./ports.ts";

export type LinkPlan =
  | {
      readonly kind: "link";
      readonly candidates: readonly Candidate[];
      readonly reason: string;
      /** In a rollout all devices need this link at once, so it is spread; a single user's change is not. */
      readonly spread: boolean;
    }
  | { readonly kind: "already-linked"; readonly link: RememberedLink; readonly reason: string };

/**
 * Decides whether a link must be made, and with which identifiers in which order: the one that worked before goes
 * first.
 * @param now wall-clock milliseconds
 */
export function planLink(
  identity: Identity,
  target: LinkTarget,
  remembered: RememberedLink | undefined,
  { now, force, relinkAfter }: { now: number; force: boolean } & Pick<Settings, "relinkAfter">,
): LinkPlan {
  const known = identity.candidates.find((candidate) => isSameDevice(candidate, remembered));
  const candidates =
    known === undefined ? identity.candidates : [known, ...identity.candidates.filter((one) => one !== known)];
  const link = (reason: string, spread = false): LinkPlan => ({ kind: "link", candidates, reason, spread });

  if (remembered === undefined) return link("this machine has no remembered link", true);
  if (target.tenant !== remembered.tenant) return link(`the tenant was ${remembered.tenant} before`, true);
  if (target.account !== null && target.account !== remembered.account) return link("the account has changed", true);
  if (known === undefined) return link(`the device was ${remembered.device.value} before`);
  if (!isSameName(identity.username, remembered.username, identity.exactNames))
    return link(`the user was ${remembered.username} before`);
  if (!isSameName(identity.group, remembered.group, false))
    return link(`the group was ${remembered.group ?? "none"} before`);
  if (force) return link("--force");
  // Clocks are corrected by hours, and a wrong one says nothing about an older link.
  const isClockRight = now >= madeAfter;
  if (isClockRight && remembered.linkedAt - now > relinkAfter)
    return link("the remembered link is dated in the future");
  if (now >= dueAt(remembered, relinkAfter)) return link("the remembered link is older than relinkAfter");
  return { kind: "already-linked", link: remembered, reason: "nothing has changed since it was made" };
}

/**
 * The share of `relinkAfter` over which a fleet that was linked on one day is spread when it is due again: three days
 * of a month.
 */
const spreadOfDue = 0.1;

/** When an unchanged link is due again: after `relinkAfter` and up to a tenth more, fixed for the device; wall-clock. */
export function dueAt({ device, linkedAt }: RememberedLink, relinkAfter: number): number {
  return linkedAt + Math.round(relinkAfter * (1 + spreadOfDue * slotOf(device.value)));
}

/** Whether two names are equal at their source; missing ones are equal. Directories ignore case. */
function isSameName(one: string | null | undefined, other: string | null | undefined, exact = false): boolean {
  if (one == null || other == null) return (one ?? null) === (other ?? null);
  return one === other || (!exact && foldName(one) === foldName(other));
}

const isSameDevice = (candidate: Candidate, remembered: RememberedLink | undefined): boolean =>
  candidate.value === remembered?.device.value && candidate.opt === remembered.device.opt;
