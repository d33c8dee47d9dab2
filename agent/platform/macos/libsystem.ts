import { once } from "../../once.ts";
import { prototypes } from "../native-layout.ts";
import type { NameLibrary } from "../posix/bounded-names.ts";
import { openLibrary } from "../posix/open-library.ts";

/** macOS' C library, math library and system calls in one; it is in dyld's cache, so no such file need exist. */
const library = "/usr/lib/libSystem.B.dylib";

/**
 * Signatures from the headers of Apple's SDK. `syslog` is variadic: on arm64 its further arguments go over the stack,
 * so it can be called only with the two fixed ones.
 */
const signatures = prototypes(library, {
  // int gethostuuid(uuid_t id, const struct timespec *wait);  unistd.h, since 10.5; needs neither rights nor entitlement
  gethostuuid: { arguments: ["buffer", "buffer"], return: "int32" },
  // int getauid(au_id_t *auid);  bsm/audit.h
  getauid: { arguments: ["buffer"], return: "int32" },
  // void setutxent(void);  utmpx.h
  setutxent: { arguments: [], return: "void" },
  // struct utmpx *getutxent(void);
  getutxent: { arguments: [], return: "pointer" },
  // void endutxent(void);
  endutxent: { arguments: [], return: "void" },
  // acl_t acl_get_file(const char *path_p, acl_type_t type);  sys/acl.h
  acl_get_file: { arguments: ["string", "int32"], return: "pointer" },
  // char *acl_to_text(acl_t acl, ssize_t *len_p);
  acl_to_text: { arguments: ["pointer", "buffer"], return: "pointer" },
  // int acl_free(void *obj_p);
  acl_free: { arguments: ["pointer"], return: "int32" },
  // void openlog(const char *ident, int logopt, int facility);  syslog.h; keeps the pointer
  openlog: { arguments: ["buffer", "int32", "int32"], return: "void" },
  // void syslog(int priority, const char *message, ...);
  syslog: { arguments: ["int32", "string"], return: "void" },
  // void _exit(int status);
  _exit: { arguments: ["int32"], return: "void" },
  // int *__error(void);  sys/errno.h, the address of the calling thread's errno
  __error: { arguments: [], return: "pointer" },
});

const open = () => openLibrary(library, signatures, "linkuser-agent needs macOS 13.5 or later");

type Opened = ReturnType<typeof open>;

/** Its functions, which tests can replace. */
export type LibSystem = {
  readonly [N in keyof Opened]: (...parameters: Parameters<Opened[N]>) => ReturnType<Opened[N]>;
};

/** libSystem, opened at first use. @throws AgentError `identity-unreadable` */
export const libSystem = once<LibSystem>(open);

/** The calling thread's errno; only right after the call that set it. */
export function lastErrno({ __error }: Pick<LibSystem, "__error"> = libSystem()): number {
  return process.getBuiltinModule("node:ffi").getInt32(__error(), 0);
}

/** Users and groups of opendirectoryd: this Mac's own, and those of its directory. */
export const openDirectory: NameLibrary = {
  library,
  name: "Open Directory",
  ifFailed: "Check that opendirectoryd answers: id USER",
  ifSilent: "Check that the directory to which this Mac is bound can be reached",
  exitAtOnce: (status) => libSystem()._exit(status),
};
