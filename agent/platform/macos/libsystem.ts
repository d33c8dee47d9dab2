import { prototypes } from "../native-layout.ts";
import { once } from "../once.ts";
import type { NameLibrary } from "../posix/bounded-names.ts";
import { openLibrary } from "../posix/open-library.ts";

/** macOS' C library, math library and system calls in one; it is in dyld's cache, so no such file need exist. */
const library = "/usr/lib/libSystem.B.dylib";

/**
 * From the headers of Apple's SDK: unistd.h, bsm/audit.h, utmpx.h, sys/acl.h, syslog.h, sys/errno.h. `gethostuuid` needs
 * neither rights nor entitlement. `openlog` keeps its first pointer. `syslog` is variadic: on arm64 its further
 * arguments go over the stack, so it can be called only with the two fixed ones.
 */
const signatures = prototypes(
  library,
  `
  int gethostuuid(uuid_t *id, const struct timespec *wait);
  int getauid(au_id_t *auid);
  void setutxent(void);
  utmpx* getutxent(void);
  void endutxent(void);
  acl_t acl_get_file(const char *path_p, acl_type_t type);
  char* acl_to_text(acl_t acl, ssize_t *len_p);
  int acl_free(void *obj_p);
  void openlog(const char *ident, int logopt, int facility);
  void syslog(int priority, const char *message);
  void _exit(int status);
  int* __error(void);
`,
);

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
