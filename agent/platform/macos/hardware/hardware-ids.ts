import { AgentError, messageOf } from "../../../errors.ts";
import { type DeviceId, deviceIdReading, parseUuid } from "../../../identity/device-id.ts";
import { absent, failed, type Reading } from "../../../reading.ts";
import { layout, structure } from "../../native-layout.ts";
import { lastErrno, libSystem } from "../libsystem.ts";
import type { RunTool } from "../tools.ts";

const nativeOrigin = "IOPlatformUUID (gethostuuid)";
const toolOrigin = "IOPlatformUUID (ioreg)";

/** The hardware's UUID, from the system call, or from ioreg(8) if that fails. */
export function readHardwareIds(hostUuid: () => Uint8Array, run: RunTool): readonly Reading<DeviceId>[] {
  const native = nativeUuid(hostUuid);
  return native.kind === "found" ? [native] : [native, uuidOfRegistry(run)];
}

/** Both name the same hardware, so going on to the next after a failure can't lead to a wrong one. */
function nativeUuid(hostUuid: () => Uint8Array): Reading<DeviceId> {
  try {
    const digits = Buffer.from(hostUuid()).toString("hex");
    return deviceIdReading(
      parseUuid(digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5")),
      nativeOrigin,
    );
  } catch (error) {
    return absent(nativeOrigin, messageOf(error));
  }
}

/** As ioreg(8) shows it. */
export function uuidOfRegistry(run: RunTool): Reading<DeviceId> {
  try {
    const text = run("ioreg", "-rd1", "-c", "IOPlatformExpertDevice");
    const uuid = /^\s*\|?\s*"IOPlatformUUID" = "([^"]*)"\s*$/m.exec(text)?.[1];
    return uuid === undefined
      ? absent(toolOrigin, "not in the I/O registry")
      : deviceIdReading(parseUuid(uuid), toolOrigin);
  } catch (cause) {
    if (cause instanceof AgentError) return failed(toolOrigin, cause);
    throw cause;
  }
}

const uuid = layout("uuid/uuid.h", "uuid_t", 16, {});
const timespec = layout("time.h", "struct timespec", 16, { tv_sec: [0, "u64"] });

/** Its bytes are in the order in which they are written. @throws AgentError `identity-unreadable` */
export function hostUuid(): Uint8Array {
  const id = structure(uuid, {});
  const maxWait = structure(timespec, { tv_sec: 5n });
  if (libSystem().gethostuuid(id, maxWait) === 0) return id;
  throw new AgentError("identity-unreadable", `gethostuuid failed with errno ${lastErrno()}`);
}
