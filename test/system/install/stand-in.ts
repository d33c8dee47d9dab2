import { startGears } from "../../fakes/gears.ts";

/**
 * Run inside a container: a stand-in for Gears there, which writes one line of JSON with its keys, then one for each
 * call. It ends with its standard input.
 */
const gears = await startGears();
const tell = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);
const { baseUrl, clientId, clientSecret } = gears;
tell({ baseUrl, clientId, clientSecret });
gears.onCall(tell);
process.stdin.resume().once("end", () => process.exit(0));
