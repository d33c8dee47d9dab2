import { AgentError } from "../../errors.ts";
import { constants, prototypes } from "../native-layout.ts";
import type { NameLibrary } from "../posix/bounded-names.ts";
import { openLibrary } from "../posix/open-library.ts";

/** The C library that every glibc system has under this name since 1997; musl systems (Alpine) have none. */
const libcName = "libc.so.6";

/** ioctl(2) and prctl(2) are variadic; on x86_64 and AAPCS64 their arguments are passed as fixed ones are. */
const signatures = prototypes(
  libcName,
  `
  int flock(int fd, int operation);
  int socket(int domain, int type, int protocol);
  int connect(int sockfd, const struct sockaddr *addr, socklen_t addrlen);
  int ioctl(int fd, ulong request, void *argument);
  int prctl(int option, ulong argument);
  int close(int fd);
  int madvise(void *addr, size_t length, int advice);
  void free(void *ptr);
  void _exit(int status);
  int* __errno_location(void);
`,
);

const open = () => openLibrary(libcName, signatures, "linkuser-agent needs glibc (musl systems are not supported)");
let opened: ReturnType<typeof open> | undefined;

/**
 * The C library, opened at first use.
 * @throws AgentError `identity-unreadable` if there is no glibc
 */
export function libc(): ReturnType<typeof open> {
  opened ??= open();
  return opened;
}

/** Has it opened again: the build of a snapshot uses another one before. */
export function forgetLibc(): void {
  opened = undefined;
}

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

const { MADV_DONTNEED } = constants("sys/mman.h", { MADV_DONTNEED: 4 });

/**
 * Takes pages of a file that nothing has changed out of this process's memory; the kernel maps them again where they are
 * needed. Skipped without glibc.
 * @param address of a page
 * @param size in bytes
 */
export function dropPages(address: bigint, size: bigint): void {
  try {
    libc().madvise(address, size, MADV_DONTNEED);
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
