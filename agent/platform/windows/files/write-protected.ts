import { AgentError, messageOf } from "../../../errors.ts";
import { retryWhileHeld } from "../../../files/held-files.ts";
import { temporaryPath } from "../../../files/own-files.ts";
import { constants, layout, structure } from "../../native-layout.ts";
import { owned } from "../../owned.ts";
import { advapi32 } from "../native/advapi32.ts";
import { FILE_ATTRIBUTE_NORMAL, fileAccess, kernel32 } from "../native/kernel32.ts";
import { pointerIn, pointerSlot, wide } from "../native/pointers.ts";
import { lastError, WindowsError, winError } from "../native/windows-error.ts";
import { seal } from "./data-protection.ts";
import {
  fileDisposition,
  isMissing,
  openHandle,
  ownerAndDacl,
  securityInformation,
  writeAndClose,
} from "./open-handle.ts";

const move = constants("winbase.h", { MOVEFILE_REPLACE_EXISTING: 1, MOVEFILE_WRITE_THROUGH: 8 });

const { SDDL_REVISION_1 } = constants("sddl.h", { SDDL_REVISION_1: 1 });

const securityAttributes = layout("minwinbase.h", "SECURITY_ATTRIBUTES", 24, {
  nLength: [0, "u32"],
  lpSecurityDescriptor: [8, "pointer"],
  bInheritHandle: [16, "i32"],
});

/** Full access for SYSTEM and Administrators, nothing inherited, owned by Administrators (SDDL, [MS-DTYP] 2.5.1). */
const fileSddl = "O:BAD:PAI(A;;FA;;;SY)(A;;FA;;;BA)";

const readableFileSddl = `${fileSddl}(A;;FR;;;BU)`;

/** Users may list and traverse it (FILE_GENERIC_READ, FILE_GENERIC_EXECUTE); files inside do not inherit this. */
const folderSddl = "O:BAD:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;;0x1200a9;;;BU)";

/**
 * Replaces a file by a sealed one that only administrators may read from its creation on: it is written under a
 * temporary name and then renamed. A file that another user left under the temporary name is removed, never written
 * into.
 * @throws AgentError `credentials-unreadable`
 */
export function writeProtected(path: string, text: string): void {
  try {
    replace(path, seal(text), fileSddl);
  } catch (cause) {
    throw notWritten(path, cause);
  }
}

/** Settings are no secret, and a run of a plain user needs them. */
export type Readers = "everybody" | "administrators";

/**
 * Replaces a file by one that only administrators may change. @param readers accounts that may read it
 * @throws WindowsError
 */
export function replaceFile(path: string, content: Buffer, readers: Readers): void {
  replace(path, content, readers === "everybody" ? readableFileSddl : fileSddl);
}

function replace(path: string, content: Buffer, sddl: string): void {
  const next = temporaryPath(path);
  const file = withSecurity(sddl, (attributes) =>
    whileHeld(() => {
      remove(next);
      return openHandle(
        next,
        fileAccess.GENERIC_WRITE,
        0,
        FILE_ATTRIBUTE_NORMAL,
        fileDisposition.CREATE_NEW,
        attributes,
      );
    }),
  );
  try {
    writeAndClose(file, content);
    const replaceAndWriteThrough = move.MOVEFILE_REPLACE_EXISTING | move.MOVEFILE_WRITE_THROUGH;
    whileHeld(() => {
      if (kernel32().MoveFileExW(wide(next), wide(path), replaceAndWriteThrough) === 0) throw lastError("MoveFileExW");
    });
  } catch (error) {
    whileHeld(() => remove(next));
    throw error;
  }
}

function remove(path: string): void {
  if (kernel32().DeleteFileW(wide(path)) !== 0) return;
  const error = lastError("DeleteFileW");
  if (!isMissing(error)) throw error;
}

/** Errors for a file that another program has open; the first also for a folder in a file's place. */
const heldStatus: readonly number[] = [
  winError.ERROR_ACCESS_DENIED,
  winError.ERROR_SHARING_VIOLATION,
  winError.ERROR_LOCK_VIOLATION,
];

const whileHeld = <T>(act: () => T): T =>
  retryWhileHeld(act, (error) => error instanceof WindowsError && heldStatus.includes(error.status));

/**
 * Creates a folder whose files only administrators may open, or protects an existing one, whose creator loses access.
 * Users may list it, so that their runs can read the settings, whose own list allows that.
 * @throws AgentError `credentials-unreadable`
 */
export function makeProtectedFolder(path: string): void {
  try {
    withSecurity(folderSddl, (attributes, descriptor) => {
      if (kernel32().CreateDirectoryW(wide(path), attributes) !== 0) return;
      const error = lastError("CreateDirectoryW");
      if (error.status !== winError.ERROR_ALREADY_EXISTS) throw error;
      if (advapi32().SetFileSecurityW(wide(path), ownerAndProtectedDacl, descriptor) === 0) {
        throw lastError("SetFileSecurityW");
      }
    });
  } catch (cause) {
    throw notWritten(path, cause);
  }
}

const ownerAndProtectedDacl = (ownerAndDacl | securityInformation.PROTECTED_DACL_SECURITY_INFORMATION) >>> 0;

/** @param use gets SECURITY_ATTRIBUTES and the descriptor in it, both valid until it returns */
function withSecurity<T>(sddl: string, use: (attributes: Buffer, descriptor: bigint) => T): T {
  const slot = pointerSlot();
  if (advapi32().ConvertStringSecurityDescriptorToSecurityDescriptorW(wide(sddl), SDDL_REVISION_1, slot, null) === 0) {
    throw lastError("ConvertStringSecurityDescriptorToSecurityDescriptorW");
  }
  using descriptor = owned(pointerIn(slot), kernel32().LocalFree);
  const attributes = { nLength: securityAttributes.size, lpSecurityDescriptor: descriptor.handle };
  return use(structure(securityAttributes, attributes), descriptor.handle);
}

function notWritten(path: string, cause: unknown): AgentError {
  return new AgentError("credentials-unreadable", `${path} can't be protected: ${messageOf(cause)}.`, { cause });
}
