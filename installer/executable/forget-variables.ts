import { readFileSync, writeFileSync } from "node:fs";

/**
 * Variables that Node and its libraries obey in native code, before any program can look at its environment, and that
 * no option turns off. They load code, write files or add trust, with the rights of the run.
 */
export const forgotten = [
  // OpenSSL loads the engines and providers that a configuration file names.
  "OPENSSL_CONF",
  "OPENSSL_CONF_INCLUDE",
  "OPENSSL_MODULES",
  "OPENSSL_ENGINES",
  // Compiled code for the program itself, guarded by no more than checksums; and a folder to write it into.
  "NODE_COMPILE_CACHE",
  // Files and folders to write.
  "NODE_V8_COVERAGE",
  "NODE_REDIRECT_WARNINGS",
  // Data of ICU, which trusts it.
  "NODE_ICU_DATA",
  "ICU_TIMEZONE_FILES_DIR",
  // Certificates to trust beside the system's.
  "NODE_EXTRA_CA_CERTS",
  // An executable application ends at once where it is set.
  "NODE_REPL_EXTERNAL_MODULE",
] as const;

/**
 * Makes a Node binary forget variables: the name of each becomes empty, and an empty name is never set.
 * @throws Error where a name is not there exactly once, as another version of Node may have it
 */
export function forgetVariables(runtime: string): void {
  const image = readFileSync(runtime);
  blankNames(image, forgotten);
  writeFileSync(runtime, image);
}

/** Changes the image in place. */
export function blankNames(image: Buffer, names: readonly string[]): void {
  for (const name of names) {
    const [place, ...more] = placesOf(image, name);
    if (place === undefined || more.length > 0) {
      throw new Error(`Node's binary has ${more.length === 0 ? "no" : "more than one"} string ${name} to blank`);
    }
    image[place] = 0;
  }
}

/** Where a C string starts that is the whole name. V8's strings, in Node's snapshot, have their length before them. */
function placesOf(image: Buffer, name: string): readonly number[] {
  const places: number[] = [];
  const whole = Buffer.from(`\0${name}\0`, "latin1");
  for (let at = image.indexOf(whole); at !== -1; at = image.indexOf(whole, at + 1)) {
    const start = at + 1;
    if (start < 4 || image.readUInt32LE(start - 4) !== name.length) places.push(start);
  }
  return places;
}
