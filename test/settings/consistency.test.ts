import { expect, test } from "vitest";
import { checkConsistency } from "../../agent/settings/consistency.ts";
import { resolveSettings } from "../../agent/settings/layers.ts";

const check = (values: Record<string, unknown>) => () =>
  checkConsistency(resolveSettings([{ kind: "file", location: "/etc/config.json", values }]));

const gateway = { baseUrl: "https://gateway.example.com", auth: "none" };
const files = { clientCertFile: "/etc/client.pem", clientKeyFile: "/etc/client-key.pem" };

test.each<[string, Record<string, unknown>]>([
  ["nothing", {}],
  ["a gateway", gateway],
  ["a gateway that knows the domain's machines", { ...gateway, auth: "negotiate" }],
  ["a gateway whose name only looks like the vendor's", { ...gateway, baseUrl: "https://notopswat.com" }],
  ["a gateway that wants a certificate", { ...gateway, ...files }],
  ["a certificate for a tenant that wants a token, too", { ...files, baseUrl: "https://proxy.example.com" }],
])("%s is right", (_, values) => {
  expect(check(values)).not.toThrow();
});

test.each<[string, Record<string, unknown>, RegExp]>([
  [
    "no token for the default tenant",
    { auth: "none" },
    /^file \/etc\/config\.json, auth: none is for a gateway.*default/,
  ],
  ["no token for another tenant", { auth: "none", baseUrl: "https://product.my.us.opswat.com" }, /vendor's own/],
  ["the same with a dot", { auth: "none", baseUrl: "https://GEARS.OPSWAT.COM./x" }, /vendor's own/],
  ["no token for the vendor's client", { auth: "none", baseUrl: "https://eapi.opswatgears.com" }, /vendor's own/],
  ["no log-on to the default tenant", { auth: "negotiate" }, /auth: negotiate is for a gateway.*vendor's own/],
  [
    "no log-on in the clear",
    { auth: "negotiate", baseUrl: "http://127.0.0.1:1" },
    /auth: negotiate works only over TLS/,
  ],
  ["a certificate without a key", { clientCertFile: "/c" }, /config\.json, clientCertFile: clientKeyFile is not set/],
  ["a key without a certificate", { clientKeyFile: "/k" }, /config\.json, clientKeyFile: clientCertFile is not set/],
  ["a certificate without TLS", { ...files, baseUrl: "http://127.0.0.1:1" }, /works only over TLS/],
])("%s is refused with words", (_, values, said) => {
  expect(check(values)).toThrow(said);
});
