import { AgentError } from "../../errors.ts";
import { absent, failed, found, type Reading } from "../../reading.ts";
import type { Listener } from "../port.ts";
import { isSystemUid } from "./accounts/classify-account.ts";
import type { RunTool } from "./tools.ts";

/**
 * The owners of processes that listen on a port of this Mac, as lsof(8) shows them to root. Any user may listen there.
 * Written from its manual, not run.
 */
export function readListener(port: number, run: RunTool): Reading<Listener> {
  const origin = `127.0.0.1:${port}`;
  let printed: string;
  try {
    // Fields, one a line with a letter before it: p process, u user ID, f file.
    printed = run("lsof", "-nP", `-iTCP:${port}`, "-sTCP:LISTEN", "-Fu");
  } catch (error) {
    if (!(error instanceof AgentError)) throw error;
    // It ends with 1 and prints nothing if nothing listens.
    return / ended with 1: $/.test(error.message.replace(/\.$/, ""))
      ? absent(origin, "nothing listens there")
      : failed(origin, error);
  }
  const uids = [...printed.matchAll(/^u(\d+)$/gm)].map(([, uid]) => Number(uid));
  const [first] = uids;
  if (first === undefined) return absent(origin, "nothing listens there");
  const uid = uids.find((one) => one !== 0 && !isSystemUid(one)) ?? first;
  const trusted = uid === 0 || isSystemUid(uid);
  return found({ trusted, owner: uid === 0 ? "root" : `the user ID ${uid}` }, origin);
}
