import variant from "@jitl/quickjs-singlefile-cjs-release-sync";
import {
  newQuickJSWASMModuleFromVariant,
  type QuickJSContext,
  type QuickJSHandle,
  type QuickJSSyncVariant,
} from "quickjs-emscripten-core";
import { pacFunctions } from "./functions.ts";

/** Input of a script; plain data, as it goes to a thread. */
export interface PacQuestion {
  readonly script: string;
  /** Scheme and host, as in today's browsers. */
  readonly origin: string;
  readonly host: string;
  /** This machine's own addresses, the first IPv4 address first. */
  readonly ownAddresses: readonly string[];
  /** Addresses of names that were looked up; none for a name that has none. */
  readonly names: ReadonlyMap<string, readonly string[]>;
}

/** The result of one evaluation. */
export type PacOutcome =
  | { readonly kind: "result"; readonly text: string }
  /** The script asked for a name that is not looked up yet. */
  | { readonly kind: "unknown"; readonly name: string }
  /** Completes "The PAC script can't be used: it …". */
  | { readonly kind: "unusable"; readonly why: string };

/** Bytes of memory and of stack for a script. */
const memory = 16 * 1024 * 1024;
const stack = 256 * 1024;
/** Milliseconds of calculation after which a script is asked to end; otherwise its thread is ended. */
const time = 1000;
/** UTF-16 units of a result that can name ten routes. */
const maxResult = 4096;

/**
 * Evaluates a PAC script in QuickJS, an interpreter inside WebAssembly: it has no file, network or process, and a bound
 * on its memory. A script can't wait for a look-up, so it is run again after each name that it asked for. The
 * interpreter can't be interrupted inside a built-in function, so this must run in a thread that can be ended.
 */
export async function evaluatePac(question: PacQuestion, now: () => number): Promise<PacOutcome> {
  try {
    const quickJs = await newQuickJSWASMModuleFromVariant(interpreter);
    using context = quickJs.newContext();
    return runOnce(context, question, now);
  } catch {
    // QuickJS aborts if memory or stack runs out at an unexpected place (0.32, seen in JSON.parse).
    return { kind: "unusable", why: "it crashes its interpreter" };
  }
}

/** A CommonJS file's default export: the module itself or its field, depending on the loader; QuickJS takes either. */
const interpreter = variant as unknown as QuickJSSyncVariant;

function runOnce(context: QuickJSContext, question: PacQuestion, now: () => number): PacOutcome {
  const { script, origin, host, ownAddresses, names } = question;
  const until = now() + time;
  let unknown: string | undefined;
  context.runtime.setMemoryLimit(memory);
  context.runtime.setMaxStackSize(stack);
  context.runtime.setInterruptHandler(() => unknown !== undefined || now() > until);
  give(context, "resolveAll", (handle) => {
    const name = handle === undefined ? "" : String(context.dump(handle)).slice(0, 255);
    const known = names.get(name);
    if (known === undefined) unknown ??= name;
    return context.newString((known ?? []).join(";"));
  });
  give(context, "ownAddresses", () => context.newString(ownAddresses.join(";")));
  // Some scripts for Windows have Microsoft's function for IPv6 alone.
  const call = `(typeof FindProxyForURL === "function" ? FindProxyForURL : FindProxyForURLEx)(${JSON.stringify(`${origin}/`)}, ${JSON.stringify(host)})`;
  for (const code of [pacFunctions, script, call]) {
    const result = context.evalCode(code, "proxy.pac");
    if (result.error !== undefined) {
      using thrown = result.error;
      if (unknown !== undefined) return { kind: "unknown", name: unknown };
      const why = now() > until ? `it does not end within ${time / 1000} s` : `it fails (${nameOf(context, thrown)})`;
      return { kind: "unusable", why };
    }
    using value = result.value;
    if (unknown !== undefined) return { kind: "unknown", name: unknown };
    if (code !== call) continue;
    if (context.typeof(value) === "string") return { kind: "result", text: shortened(context, value) };
    if (context.eq(value, context.null) || context.eq(value, context.undefined)) return { kind: "result", text: "" };
  }
  return { kind: "unusable", why: "FindProxyForURL does not return text" };
}

/** Cut off in the interpreter, so that a long text is never outside it. */
function shortened(context: QuickJSContext, value: QuickJSHandle): string {
  context.setProp(context.global, "pacResult", value);
  using cut = context.unwrapResult(context.evalCode(`pacResult.slice(0, ${maxResult})`));
  return context.getString(cut);
}

function give(
  context: QuickJSContext,
  name: string,
  work: (argument: QuickJSHandle | undefined) => QuickJSHandle,
): void {
  using made = context.newFunction(name, (argument) => work(argument));
  context.setProp(context.global, name, made);
}

/** Only the kind of an exception: its text is the script's. */
function nameOf(context: QuickJSContext, thrown: QuickJSHandle): string {
  if (context.typeof(thrown) !== "object") return "an exception";
  using name = context.getProp(thrown, "name");
  const text = context.typeof(name) === "string" ? context.getString(name) : "";
  return /^\w{1,40}$/.test(text) ? text : "an exception";
}
