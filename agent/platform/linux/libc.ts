import { AgentError } from "../../errors.ts";
import { once } from "../../once.ts";
import { constants, prototypes } from "../native-layout.ts";
import type { NameLibrary } from "../posix/bounded-names.ts";
import { openLibrary } from "../posix/open-library.ts";

/** The C library that every glibc system has under this name since 1997; musl systems (Alpine) have none. */
const libcName = "libc.so.6";

const signatures = prototypes(libcName, {
  // int flock(int fd, int operation);
  flock: { arguments: ["int32", "int32"], return: "int32" },
  // int socket(int domain, int type, int protocol);
  socket: { arguments: ["int32", "int32", "int32"], return: "int32" },
  // int connect(int sockfd, const struct sockaddr *addr, socklen_t addrlen);
  connect: { arguments: ["int32", "buffer", "uint32"], return: "int32" },
  // int ioctl(int fd, unsigned long request, ...); the third argument is passed alike on x86_64 and AAPCS64 Linux
  ioctl: { arguments: ["int32", "uint64", "buffer"], return: "int32" },
  // int prctl(int option, ...);  its arguments are passed as fixed ones are, as for ioctl
  prctl: { arguments: ["int32", "uint64"], return: "int32" },
  // int close(int fd);
  close: { arguments: ["int32"], return: "int32" },
  // void free(void *ptr);
  free: { arguments: ["pointer"], return: "void" },
  // void _exit(int status);
  _exit: { arguments: ["int32"], return: "void" },
  // int *__errno_location(void);  LSB 5.0, the address of the calling thread's errno
  __errno_location: { arguments: [], return: "pointer" },
});

/**
 * The C library, opened at first use.
 * @throws AgentError `identity-unreadable` if there is no glibc
 */
export const libc = once(() =>
  openLibrary(libcName, signatures, "linkuser-agent needs glibc (musl systems are not supported)"),
);

/** The calling thread's errno; only right after the call that set it. */
export const lastErrno = (): number => process.getBuiltinModule("node:ffi").getInt32(libc().__errno_location(), 0);

const { PR_SET_DUMPABLE } = constants("sys/prctl.h", { PR_SET_DUMPABLE: 4 });

/**
 * From now on the kernel writes no memory of this process to a core dump, and denies other processes of the same user
 * access to it. Skipped without glibc: callers that need it report that.
 */
export function forbidDumps(): void {
  try {
    libc().prctl(PR_SET_DUMPABLE, 0n);
  } catch (error) {
    if (!(error instanceof AgentError)) throw error;
  }
}

/** The name service (NSS) of glibc. */
export const nss: NameLibrary = {
  library: libcName,
  name: "The name service (NSS)",
  ifFailed: "Check the sources of passwd and group in /etc/nsswitch.conf",
  ifSilent: "Check that the directory's client (SSSD, winbind) runs and reaches a controller",
  exitAtOnce: (status) => libc()._exit(status),
};
