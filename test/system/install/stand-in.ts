import { readFileSync } from "node:fs";
import { startGears } from "../../fakes/gears.ts";

/**
 * Run inside a container: a fake Gears on its loopback, which writes one line of JSON with its keys, then one for each
 * call. It ends with its standard input.
 *
 *     node stand-in.ts [PORT CERTIFICATE KEY]
 */
const [, , port, certificate = "", key = ""] = process.argv;
const read = (path: string): string => readFileSync(path, "utf8");
const gears = await startGears(
  port === undefined ? {} : { port: Number(port), tls: { cert: read(certificate), key: read(key) } },
);
const say = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);
const { baseUrl, clientId, clientSecret } = gears;
say({ baseUrl, clientId, clientSecret });
gears.onCall(say);
process.stdin.resume().once("end", () => process.exit(0));
