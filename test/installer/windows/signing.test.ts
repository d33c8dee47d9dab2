import { expect, test } from "vitest";
import { signingArguments, signingFrom } from "../../../installer/windows/signing.ts";

test("nothing is signed where nothing is set, or it is set to nothing", () => {
  expect(signingFrom({ SIGN_CERT: "", SIGN_TIMESTAMP_URL: "http://tsa.example" })).toBeUndefined();
});

test("a certificate and a key in files, with a time stamp", () => {
  const signing = signingFrom({
    SIGN_CERT: "chain.pem",
    SIGN_KEY: "key.pem",
    SIGN_KEY_PASSWORD_FILE: "password",
    SIGN_TIMESTAMP_URL: "http://tsa.example",
  });
  if (signing === undefined) throw new Error("nothing is signed");
  expect(signingArguments(signing, "in.exe", "out.exe").join(" ")).toBe(
    "sign -certs chain.pem -key key.pem -readpass password -h sha256 -n linkuser-agent -ts http://tsa.example -in in.exe -out out.exe",
  );
});

test("a key in a token", () => {
  const token = { SIGN_CERT: "pkcs11:object=cert", SIGN_KEY: "pkcs11:object=key", SIGN_PKCS11_MODULE: "/lib/token.so" };
  const signing = signingFrom(token);
  if (signing === undefined) throw new Error("nothing is signed");
  expect(signingArguments(signing, "in.msi", "out.msi").join(" ")).toContain(
    "-pkcs11module /lib/token.so -pkcs11cert pkcs11:object=cert -key pkcs11:object=key",
  );
});

test.each([
  [{ SIGN_CERT: "chain.pem" }, /SIGN_KEY is not/],
  [{ SIGN_KEY: "key.pem" }, /SIGN_CERT is not/],
  [{ SIGN_CERT: "chain.pem", SIGN_KEY: "pkcs11:object=key" }, /SIGN_PKCS11_MODULE/],
  [{ SIGN_CERT: "c", SIGN_KEY: "k", SIGN_TIMESTAMP_URL: "tsa.example" }, /SIGN_TIMESTAMP_URL must be/],
])("half of it is refused: %j", (environment, message) => {
  expect(() => signingFrom(environment)).toThrow(message);
});
