import type { ArgumentType, FunctionDefinitions } from "node:ffi";

/**
 * Names of C types by their kinds in node:ffi, on 64-bit systems. Other names are pointers: `T *`, Windows' `P…` and
 * `LP…`. An enumeration is declared as ULONG.
 */
const typeNames = {
  uint8: " BOOLEAN ",
  uint16: " WORD ",
  int32: " int BOOL NTSTATUS LSTATUS SECURITY_STATUS wbcErr acl_type_t gss_cred_usage_t ",
  uint32: " DWORD UINT ULONG ACCESS_MASK REGSAM uid_t gid_t socklen_t OM_uint32 ",
  uint64: " size_t ulong HANDLE HINTERNET HKEY HLOCAL HGLOBAL LSA_HANDLE ",
  pointer: " acl_t gss_OID gss_OID_set gss_buffer_t gss_channel_bindings_t gss_cred_id_t gss_name_t ",
} as const;

type Trimmed<S extends string> = S extends ` ${infer Rest}` | `\n${infer Rest}` ? Trimmed<Rest> : S;
type FirstWord<S extends string> = S extends `${infer Word} ${string}` ? Word : S;
type NamedKind<W extends string> = {
  [K in keyof typeof typeNames]: (typeof typeNames)[K] extends `${string} ${W} ${string}` ? K : never;
}[keyof typeof typeNames];
type KindOf<S extends string> = S extends `${string}*${string}` | `P${string}` | `LP${string}`
  ? "pointer"
  : NamedKind<FirstWord<S>>;
type KindsOf<S extends string> = S extends "void"
  ? []
  : S extends `${infer First},${infer Rest}`
    ? [KindOf<First>, ...KindsOf<Trimmed<Rest>>]
    : [KindOf<S>];

/** The signatures of C declarations, as {@link parsePrototypes} returns them. */
export type Prototypes<S extends string, Earlier extends FunctionDefinitions = Record<never, never>> =
  Trimmed<S> extends `${infer Result} ${infer Name}(${infer Parameters});${infer Rest}`
    ? Prototypes<
        Rest,
        Earlier & {
          readonly [N in Name]: {
            readonly arguments: KindsOf<Parameters>;
            readonly return: Result extends "void" ? "void" : KindOf<Result>;
          };
        }
      >
    : Earlier;

/**
 * Reads declarations such as `HANDLE OpenProcess(DWORD access, BOOL inherit, DWORD process);`, a star without a blank
 * before it in the type of the result.
 * @returns by name, as node:ffi takes it
 * @throws TypeError for the name of an unknown type
 */
export function parsePrototypes(declarations: string): FunctionDefinitions {
  const all = [...declarations.matchAll(/(\S+) (\w+)\(([^)]*)\);/g)];
  return Object.fromEntries(
    all.map(([, result = "", name = "", parameters = ""]) => [
      name,
      {
        arguments: parameters === "void" ? [] : parameters.split(",").map(kindOf),
        return: result === "void" ? result : kindOf(result),
      },
    ]),
  );
}

const kinds = new Map(
  Object.entries(typeNames).flatMap(([kind, names]) =>
    names
      .trim()
      .split(" ")
      .map((name) => [name, kind as keyof typeof typeNames]),
  ),
);

function kindOf(type: string): ArgumentType {
  if (type.includes("*")) return "pointer";
  const [word = ""] = type.trim().split(" ", 1);
  const kind = kinds.get(word) ?? (/^L?P/.test(word) ? "pointer" : undefined);
  if (kind === undefined) throw new TypeError(`the C type ${type} has no kind in node:ffi`);
  return kind;
}
