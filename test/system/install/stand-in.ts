import { startGears } from "../../fakes/gears.ts";

/**
 * Run inside a container: a fake Gears there, which writes one line of JSON with its keys, then one for each
 * call. It ends with its standard input.
 */
const gears = await startGears();
const say = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);
const { baseUrl, clientId, clientSecret } = gears;
say({ baseUrl, clientId, clientSecret });
gears.onCall(say);
process.stdin.resume().once("end", () => process.exit(0));
