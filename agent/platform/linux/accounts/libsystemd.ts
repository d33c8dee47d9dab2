import { prototypes } from "../../native-layout.ts";
import { owned } from "../../owned.ts";
import { openLibrary } from "../../posix/open-library.ts";
import { libc } from "../libc.ts";

/** sd-login(3), stable since systemd 209. All return a negative errno on failure; strings are freed by the caller. */
const signatures = prototypes(
  "libsystemd.so.0",
  `
  int sd_get_sessions(char ***ret_sessions);
  int sd_session_get_uid(const char *session, uid_t *ret_uid);
  int sd_session_get_class(const char *session, char **ret_class);
  int sd_session_get_state(const char *session, char **ret_state);
  int sd_session_get_seat(const char *session, char **ret_seat);
  int sd_session_get_service(const char *session, char **ret_service);
  int sd_session_is_remote(const char *session);
`,
);

/** An error of an sd-login function, with the system's code. @param errno positive, as in errno(3) */
export const systemdError = (call: string, errno: number): Error =>
  Object.assign(new Error(`${call} failed with errno ${errno}`), {
    code: process.getBuiltinModule("node:util").getSystemErrorName(-errno),
  });

/** sd-login as this program uses it. */
export type SystemdLogin = ReturnType<typeof openSystemdLogin>;

/**
 * Opens libsystemd. Every method throws {@link systemdError}.
 * @throws AgentError `identity-unreadable` if it is missing
 */
export function openSystemdLogin() {
  const ffi = process.getBuiltinModule("node:ffi");
  const native = openLibrary("libsystemd.so.0", signatures, "install the package libsystemd0 (Debian) or systemd-libs");
  const { free } = libc();

  const checked = (call: string, result: number): number => {
    if (result < 0) throw systemdError(call, -result);
    return result;
  };
  const takeString = (pointer: bigint): string => {
    using text = owned(pointer, free);
    return ffi.toString(text.handle) ?? "";
  };

  return {
    sessions(): string[] {
      const result = Buffer.alloc(8);
      const count = checked("sd_get_sessions", native.sd_get_sessions(result));
      using array = owned(result.readBigUInt64LE(), free);
      return Array.from({ length: count }, (_, at) => takeString(ffi.getUint64(array.handle, 8 * at)));
    },
    uid(session: string): number {
      const result = Buffer.alloc(4);
      checked("sd_session_get_uid", native.sd_session_get_uid(session, result));
      return result.readUInt32LE();
    },
    text(what: "class" | "state" | "seat" | "service", session: string): string {
      const call = `sd_session_get_${what}` as const;
      const result = Buffer.alloc(8);
      checked(call, native[call](session, result));
      return takeString(result.readBigUInt64LE());
    },
    isRemote(session: string): boolean {
      return checked("sd_session_is_remote", native.sd_session_is_remote(session)) > 0;
    },
  };
}
