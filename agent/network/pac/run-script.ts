import { evaluatePac } from "./evaluate.ts";

/** Milliseconds for one name that a script looks up. */
const lookUpTime = 2_000;

/** Runs a PAC script with this machine's names, addresses and clock. @throws AgentError `settings-unreadable` */
export function runPacScript(script: string, url: URL): Promise<string> {
  return evaluatePac(script, url, { resolve, ownAddress, now: Date.now });
}

async function resolve(host: string): Promise<string | null> {
  const found = process.getBuiltinModule("node:dns/promises").lookup(host, { family: 4 });
  const late = Promise.withResolvers<null>();
  const timer = setTimeout(() => late.resolve(null), lookUpTime);
  try {
    return await Promise.race([
      found.then(
        ({ address }) => address,
        () => null,
      ),
      late.promise,
    ]);
  } finally {
    clearTimeout(timer);
  }
}

/** The first IPv4 address that is not the loopback's. */
function ownAddress(): string {
  const all = Object.values(process.getBuiltinModule("node:os").networkInterfaces()).flatMap((some) => some ?? []);
  return all.find(({ family, internal }) => family === "IPv4" && !internal)?.address ?? "127.0.0.1";
}
