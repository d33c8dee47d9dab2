import { madeAfter } from "../../clock.ts";
import { describeDuration, describeMoment } from "../../duration.ts";
import type { Platform } from "../../platform/port.ts";
import type { Finding } from "../check.ts";
import type { CheckValues, DoctorContext } from "../context.ts";

/** Milliseconds: HTTP has whole seconds, and an answer takes its time. */
const agreeing = 3_000;
/** Milliseconds above which certificates, schedules and Kerberos may fail. */
const disturbing = 120_000;

/**
 * Compares this machine's clock with the server's. Without an answer the clock is compared with the date of this
 * program: with a wrong clock no certificate is valid, so no server answers.
 */
export function checkClock(
  { clock, platform }: Pick<DoctorContext, "clock" | "platform">,
  { connection }: Pick<CheckValues, "connection">,
): Finding {
  const advice = setClock[platform.name];
  if (connection?.kind !== "answered") {
    const missing = connection === undefined ? "connection" : connection.kind === "refused" ? "token" : "tls";
    const time = describeMoment(clock.now());
    if (clock.now() >= madeAfter) {
      return { status: "skip", detail: `needs ${missing}; this machine's clock shows ${time}` };
    }
    return {
      status: "warn",
      detail: `this machine's clock shows ${time}, which is before this program was built`,
      advice,
    };
  }
  const { date, now } = connection.probe;
  if (date === undefined) return { status: "skip", detail: "the server's answer has no date" };
  const ahead = now - date;
  const off = Math.abs(ahead);
  if (off <= agreeing) return { status: "ok", detail: "agrees with the server's clock" };
  const detail = `${describeDuration(off)} ${ahead > 0 ? "ahead of" : "behind"} the server's`;
  if (off < disturbing) return { status: "ok", detail };
  return { status: "warn", detail, advice };
}

const setClock: Readonly<Record<Platform["name"], string>> = {
  linux: "timedatectl timesync-status",
  windows: "w32tm /resync",
  macos: "sudo sntp -sS time.apple.com",
};
