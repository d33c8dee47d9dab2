import { execFileSync } from "node:child_process";
import { mkdtempDisposableSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Paths of a server's key and of the certificates that it sends. */
export interface TlsIdentity {
  readonly key: string;
  readonly certificates: string;
}

/** A root, an intermediate CA and servers' certificates by it, as public CAs issue them. */
export interface Pki extends Disposable {
  /** The root's certificate, for `caFile`. */
  readonly rootFile: string;
  /** Both CAs' certificates in one file. */
  readonly bothFile: string;
  /**
   * A certificate for `localhost`.
   * @param validity the first and last moment, `YYYYMMDDHHMMSSZ`
   * @param sends whether the intermediate's certificate comes with it
   */
  server(name: string, validity: readonly [string, string], sends: "chain" | "leaf"): TlsIdentity;
}

/** From long before this program to long after it, as openssl-ca(1) takes times. */
export const valid = ["20200101000000Z", "20491231000000Z"] as const;

const config = `
[ca]
default_ca = all
[all]
database = index.txt
new_certs_dir = .
default_md = sha256
policy = any
rand_serial = yes
[any]
commonName = supplied
[authority]
basicConstraints = critical,CA:TRUE
subjectKeyIdentifier = hash
[server]
basicConstraints = CA:FALSE
subjectAltName = DNS:localhost
authorityInfoAccess = caIssuers;URI:http://ca.test/intermediate.crt
`;

export function createPki(): Pki {
  using made = new DisposableStack();
  const folder = made.use(mkdtempDisposableSync(join(tmpdir(), "linkuser-pki-"))).path;
  const path = (name: string): string => join(folder, name);
  const openssl = (...words: string[]) => execFileSync("openssl", words, { cwd: folder, stdio: "pipe" });
  const text = (name: string): string => readFileSync(path(`${name}.pem`), "utf8");
  writeFileSync(path("ca.cnf"), config);
  writeFileSync(path("index.txt"), "");

  function issue(
    name: string,
    commonName: string,
    kind: string,
    by: string,
    [from, to]: readonly [string, string],
  ): void {
    const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", `${name}.key`];
    openssl("req", "-new", ...newKey, "-subj", `/CN=${commonName}`, "-out", `${name}.csr`);
    const signer =
      by === name ? ["-selfsign", "-keyfile", `${by}.key`] : ["-cert", `${by}.pem`, "-keyfile", `${by}.key`];
    const span = ["-startdate", from, "-enddate", to];
    const made = ["-extensions", kind, "-in", `${name}.csr`, "-out", `${name}.pem`, "-notext"];
    openssl("ca", "-batch", "-config", "ca.cnf", ...signer, ...span, ...made);
  }

  issue("root", "Test Root", "authority", "root", valid);
  issue("intermediate", "Test Intermediate", "authority", "root", valid);
  writeFileSync(path("both.pem"), text("root") + text("intermediate"));
  const kept = made.move();
  return {
    rootFile: path("root.pem"),
    bothFile: path("both.pem"),
    server(name, validity, sends) {
      issue(name, name, "server", "intermediate", validity);
      const certificates = path(`${name}-sent.pem`);
      writeFileSync(certificates, text(name) + (sends === "chain" ? text("intermediate") : ""));
      return { key: path(`${name}.key`), certificates };
    },
    [Symbol.dispose]: () => kept.dispose(),
  };
}
