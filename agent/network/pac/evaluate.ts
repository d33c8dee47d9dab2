import variant from "@jitl/quickjs-singlefile-cjs-release-sync";
import {
  newQuickJSWASMModuleFromVariant,
  type QuickJSContext,
  type QuickJSHandle,
  type QuickJSSyncVariant,
} from "quickjs-emscripten-core";
import { AgentError } from "../../errors.ts";
import { pacFunctions } from "./functions.ts";

/** What a script may learn of this machine. */
export interface PacWorld {
  /** An IPv4 address of a name, or null; must end in time. */
  readonly resolve: (host: string) => Promise<string | null>;
  /** This machine's own IPv4 address. */
  readonly ownAddress: () => string;
  readonly now: () => number;
}

/** Bytes of memory and of stack for a script. */
const memory = 16 * 1024 * 1024;
const stack = 256 * 1024;
/** Milliseconds of calculation, in all evaluations together. */
const time = 1000;
/** Different names that a script may look up. */
const mostNames = 8;

/**
 * Evaluates a PAC script for a URL in QuickJS, an interpreter inside WebAssembly: it has no file, network or process, a
 * bound on its memory and time, and learns of the URL only scheme and host, as in today's browsers. It can't wait for a
 * look-up, so it is run anew with each name that it asked for.
 * @returns what `FindProxyForURL` gave; empty for nothing
 * @throws AgentError `settings-unreadable`
 */
export async function evaluatePac(script: string, url: URL, world: PacWorld): Promise<string> {
  try {
    return await evaluate(script, url, world);
  } catch (cause) {
    if (cause instanceof AgentError) throw cause;
    // QuickJS ends itself where memory or stack ran out at a place that it did not expect (0.32, seen in JSON.parse).
    throw unusable("it breaks its interpreter", cause);
  }
}

async function evaluate(script: string, url: URL, world: PacWorld): Promise<string> {
  const quickJs = await newQuickJSWASMModuleFromVariant(interpreter);
  const names = new Map<string, string | null>();
  let left = time;
  for (;;) {
    using context = quickJs.newContext();
    const started = world.now();
    const outcome = runOnce(context, script, url, names, { ...world, until: started + left });
    left -= world.now() - started;
    if (outcome.kind === "result") return outcome.text;
    if (names.size >= mostNames) throw unusable(`it looks up more than ${mostNames} names`);
    names.set(outcome.name, await world.resolve(outcome.name));
  }
}

/** A CommonJS file's default export: the module itself or its field, by who loads it; QuickJS takes either. */
const interpreter = variant as unknown as QuickJSSyncVariant;

type Outcome = { readonly kind: "result"; readonly text: string } | { readonly kind: "unknown"; readonly name: string };

function runOnce(
  context: QuickJSContext,
  script: string,
  url: URL,
  names: ReadonlyMap<string, string | null>,
  world: PacWorld & { readonly until: number },
): Outcome {
  let unknown: string | undefined;
  context.runtime.setMemoryLimit(memory);
  context.runtime.setMaxStackSize(stack);
  context.runtime.setInterruptHandler(() => unknown !== undefined || world.now() > world.until);
  give(context, "dnsResolve", (handle) => {
    const name = handle === undefined ? "" : String(context.dump(handle)).slice(0, 255);
    const known = names.get(name);
    if (known === undefined) {
      unknown ??= name;
      return context.null;
    }
    return known === null ? context.null : context.newString(known);
  });
  give(context, "myIpAddress", () => context.newString(world.ownAddress()));
  const call = `FindProxyForURL(${JSON.stringify(`${url.origin}/`)}, ${JSON.stringify(url.hostname)})`;
  for (const code of [pacFunctions, script, call]) {
    const result = context.evalCode(code, "proxy.pac");
    if (result.error !== undefined) {
      using thrown = result.error;
      if (unknown !== undefined) return { kind: "unknown", name: unknown };
      throw unusable(
        world.now() > world.until ? `it does not end within ${time / 1000} s` : `it fails (${nameOf(context, thrown)})`,
      );
    }
    using value = result.value;
    if (unknown !== undefined) return { kind: "unknown", name: unknown };
    if (code !== call) continue;
    if (context.typeof(value) === "string") return { kind: "result", text: context.getString(value) };
    if (context.eq(value, context.null) || context.eq(value, context.undefined)) return { kind: "result", text: "" };
  }
  throw unusable("FindProxyForURL gives no text");
}

function give(
  context: QuickJSContext,
  name: string,
  work: (argument: QuickJSHandle | undefined) => QuickJSHandle,
): void {
  using made = context.newFunction(name, (argument) => work(argument));
  context.setProp(context.global, name, made);
}

/** Of an exception only its kind: its text is the script's own. */
function nameOf(context: QuickJSContext, thrown: QuickJSHandle): string {
  if (context.typeof(thrown) !== "object") return "an exception";
  using name = context.getProp(thrown, "name");
  const text = context.typeof(name) === "string" ? context.getString(name) : "";
  return /^\w{1,40}$/.test(text) ? text : "an exception";
}

function unusable(why: string, cause?: unknown): AgentError {
  return new AgentError("settings-unreadable", `The PAC script can't be used: ${why}.`, { cause });
}
