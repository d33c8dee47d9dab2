import { AgentError } from "../../errors.ts";

/** The C library that every glibc system has under this name since 1997; musl systems (Alpine) have none. */
export const libcName = "libc.so.6";

/** Native signatures of the name service, also handed to the worker of `bounded-names.ts`: plain data. */
export const nameServiceSignatures = {
  // int getpwuid_r(uid_t uid, struct passwd *pwd, char *buf, size_t buflen, struct passwd **result);
  getpwuid_r: { arguments: ["uint32", "buffer", "buffer", "uint64", "buffer"], return: "int32" },
  // int getpwnam_r(const char *name, struct passwd *pwd, char *buf, size_t buflen, struct passwd **result);
  getpwnam_r: { arguments: ["string", "buffer", "buffer", "uint64", "buffer"], return: "int32" },
  // int getgrgid_r(gid_t gid, struct group *grp, char *buf, size_t buflen, struct group **result);
  getgrgid_r: { arguments: ["uint32", "buffer", "buffer", "uint64", "buffer"], return: "int32" },
  // int getgrouplist(const char *user, gid_t group, gid_t *groups, int *ngroups);
  getgrouplist: { arguments: ["string", "uint32", "buffer", "buffer"], return: "int32" },
} as const;

const signatures = {
  // int flock(int fd, int operation);
  flock: { arguments: ["int32", "int32"], return: "int32" },
  // int socket(int domain, int type, int protocol);
  socket: { arguments: ["int32", "int32", "int32"], return: "int32" },
  // int ioctl(int fd, unsigned long request, ...); the third argument is passed alike on x86_64 and AAPCS64 Linux
  ioctl: { arguments: ["int32", "uint64", "buffer"], return: "int32" },
  // int close(int fd);
  close: { arguments: ["int32"], return: "int32" },
  // void free(void *ptr);
  free: { arguments: ["pointer"], return: "void" },
  // void _exit(int status);
  _exit: { arguments: ["int32"], return: "void" },
  // int *__errno_location(void);  LSB 5.0, the address of the calling thread's errno
  __errno_location: { arguments: [], return: "pointer" },
} as const;

const open = () => openLibrary(libcName, signatures, "linkuser-agent needs glibc (musl systems are not supported)");

let opened: ReturnType<typeof open> | undefined;

/**
 * The C library, opened at first use.
 * @throws AgentError `identity-unreadable` where there is no glibc
 */
export function libc(): ReturnType<typeof open> {
  opened ??= open();
  return opened;
}

/** The calling thread's errno; only right after the call that set it. */
export function lastErrno(): number {
  return process.getBuiltinModule("node:ffi").getInt32(libc().__errno_location(), 0);
}

type Signatures = Parameters<typeof import("node:ffi").dlopen>[1];

/**
 * Opens a shared library with its table of signatures. Loading `node:ffi` takes milliseconds, so it is left to the first
 * caller that needs it.
 * @param hint what to do where the library is missing
 * @throws AgentError `identity-unreadable`
 */
export function openLibrary<const S extends NonNullable<Signatures>>(soname: string, table: S, hint: string) {
  try {
    return process.getBuiltinModule("node:ffi").dlopen(soname, table).functions;
  } catch (cause) {
    throw new AgentError("identity-unreadable", `${soname} can't be loaded: ${hint}.`, { cause });
  }
}
