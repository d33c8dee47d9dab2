import { execFileSync } from "node:child_process";
import { mkdtempDisposableSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface KeyPair {
  readonly key: string;
  readonly cert: string;
}

/** A CA for a test, created with the machine's openssl; `Symbol.dispose` removes its folder. */
export interface TestCa extends Disposable {
  /** The CA's certificate, for `caFile`. */
  readonly file: string;
  /**
   * @param names as in subjectAltName: `DNS:gears.test,IP:127.0.0.1`
   * @param days of life, negative for expired
   */
  issue(names: string, days?: number, certificate?: CertificateOptions): KeyPair;
  /** A file with a list of revoked certificates, those of these pairs. */
  revoke(...pairs: readonly KeyPair[]): string;
}

interface CertificateOptions {
  /** Default: `leaf`. */
  readonly commonName?: string;
  /** As in extendedKeyUsage: `serverAuth`. Default: none, which allows any use. */
  readonly usage?: string;
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
    issue(names, days = 1, { commonName = "leaf", usage } = {}) {
      serial += 1;
      const name = `leaf${serial}`;
      const extensions = [`subjectAltName=${names}`, "basicConstraints=CA:FALSE"];
      if (usage !== undefined) extensions.push(`extendedKeyUsage=${usage}`);
      writeFileSync(path(`${name}.ext`), extensions.map((line) => `${line}\n`).join(""));
      openssl("req", "-new", ...newKey, "-keyout", `${name}.key`, "-out", `${name}.csr`, "-subj", `/CN=${commonName}`);
      const signer = ["-CA", "ca.pem", "-CAkey", "ca.key", "-set_serial", String(serial), "-extfile", `${name}.ext`];
      openssl("x509", "-req", "-in", `${name}.csr`, ...signer, "-days", String(days), "-out", `${name}.pem`);
      return { key: readFileSync(path(`${name}.key`), "utf8"), cert: readFileSync(path(`${name}.pem`), "utf8") };
    },
    revoke(...pairs) {
      writeFileSync(path("crl.cnf"), "[ca]\ndefault_ca=all\n[all]\ndatabase=index.txt\ndefault_md=sha256\n");
      writeFileSync(path("index.txt"), "");
      const ca = ["ca", "-config", "crl.cnf", "-keyfile", "ca.key", "-cert", "ca.pem"];
      for (const { cert } of pairs) {
        writeFileSync(path("revoked.pem"), cert);
        openssl(...ca, "-revoke", "revoked.pem");
      }
      openssl(...ca, "-gencrl", "-crldays", "1", "-out", "crl.pem");
      return path("crl.pem");
    },
    [Symbol.dispose]: () => kept.dispose(),
  };
}
