import { expect, test } from "vitest";
import { parsePrototypes } from "../../agent/platform/c-prototypes.ts";
import { prototypes } from "../../agent/platform/native-layout.ts";

test("declarations in C become signatures, by name", () => {
  const declarations = `
  HANDLE OpenProcess(DWORD access, BOOL inherit,
    DWORD process);
  char* acl_to_text(acl_t acl, ssize_t *length); void endutxent(void);
`;
  expect(parsePrototypes(declarations)).toEqual({
    OpenProcess: { arguments: ["uint32", "int32", "uint32"], return: "uint64" },
    acl_to_text: { arguments: ["pointer", "pointer"], return: "pointer" },
    endutxent: { arguments: [], return: "void" },
  });
});

test("the compiler knows them, too", () => {
  const { RegCloseKey } = prototypes("a library", "LSTATUS RegCloseKey(HKEY key);");
  const signature: { readonly arguments: readonly ["uint64"]; readonly return: "int32" } = RegCloseKey;
  expect(signature).toEqual({ arguments: ["uint64"], return: "int32" });
});

test("an unknown type is refused", () => {
  expect(() => parsePrototypes("BOOL Beep(DWROD pitch);")).toThrow("the C type DWROD pitch has no kind in node:ffi");
});
