import { execFileSync } from "node:child_process";
import { mkdtempDisposableSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface KeyPair {
  readonly key: string;
  readonly cert: string;
}

/** A CA of the test's own, made with the machine's openssl; its folder goes with `Symbol.dispose`. */
export interface TestCa extends Disposable {
  /** The CA's certificate, for `caFile`. */
  readonly file: string;
  /** @param names as in subjectAltName: `DNS:gears.test,IP:127.0.0.1`; @param days of life, negative for expired */
  issue(names: string, days?: number): KeyPair;
}

export function createTestCa(): TestCa {
  using made = new DisposableStack();
  const folder = made.use(mkdtempDisposableSync(join(tmpdir(), "linkuser-ca-"))).path;
  const path = (name: string) => join(folder, name);
  const openssl = (...words: string[]) => execFileSync("openssl", words, { cwd: folder, stdio: "pipe" });
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  openssl("req", "-x509", ...newKey, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=Test CA", "-days", "2");
  const kept = made.move();
  let serial = 0;
  return {
    file: path("ca.pem"),
    issue(names, days = 1) {
      serial += 1;
      const name = `leaf${serial}`;
      writeFileSync(path(`${name}.ext`), `subjectAltName=${names}\nbasicConstraints=CA:FALSE\n`);
      openssl("req", "-new", ...newKey, "-keyout", `${name}.key`, "-out", `${name}.csr`, "-subj", "/CN=leaf");
      const signer = ["-CA", "ca.pem", "-CAkey", "ca.key", "-set_serial", String(serial), "-extfile", `${name}.ext`];
      openssl("x509", "-req", "-in", `${name}.csr`, ...signer, "-days", String(days), "-out", `${name}.pem`);
      return { key: readFileSync(path(`${name}.key`), "utf8"), cert: readFileSync(path(`${name}.pem`), "utf8") };
    },
    [Symbol.dispose]: () => kept.dispose(),
  };
}
