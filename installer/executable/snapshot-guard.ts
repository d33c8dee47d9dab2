const environment = process.env;

/**
 * Stands in for `process.env` while the start-up snapshot is made: what this program read then would hold on every
 * machine. Node's own modules may: they refresh what they keep when the executable starts.
 */
process.env = new Proxy(environment, {
  get(target, name) {
    const [, , reader = ""] = new Error().stack?.split("\n") ?? [];
    if (reader.includes("node:")) return Reflect.get(target, name);
    throw new Error(`the environment (${String(name)}) is read while the start-up snapshot is made`);
  },
});

/** Ends the guard: the executable sees its own environment. */
export function lift(): void {
  process.env = environment;
}
