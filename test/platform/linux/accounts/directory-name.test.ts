import fc from "fast-check";
import { expect, test } from "vitest";
import {
  groupStyleOf,
  type NameStyle,
  splitName,
  styleOf,
} from "../../../../agent/platform/linux/accounts/directory-name.ts";

const backslash = { kind: "down-level", separator: "\\" } as const;
const plus = { kind: "down-level", separator: "+" } as const;
const underscore = { kind: "down-level", separator: "_", domain: "CORP_EU" } as const;
const at = { kind: "at" } as const;
const whole = { kind: "whole" } as const;
const principal = { kind: "principal" } as const;

test.each<[string, string | undefined, NameStyle]>([
  ["CORP\\alice", "sss", backslash],
  ["CORP\\alice", "lsass", backslash],
  ["alice@ad.corp.test", "sss", at],
  ["alice", "sss", at],
  ["alice@idm.corp.test", "kanidm", at],
  ["alice.smith@contoso.com", "himmelblau", principal],
  ["alice.smith@contoso.com", "authd", principal],
  ["alice.smith@contoso.com", "aad", principal],
  ["alice@kunde-a.example", "ldap", whole],
  ["alice@kunde-a.example", "nis", whole],
  ["alice@kunde-a.example", "a source of tomorrow", whole],
  ["alice@kunde-a.example", undefined, whole],
])("the name %s that %s gives", (name, source, style) => {
  expect(styleOf(name, source, undefined)).toEqual(style);
});

test.each([
  ["alice", { separator: "\\", domain: "CORP" }, backslash],
  ["CORP+alice", { separator: "+", domain: "CORP" }, plus],
  ["CORP/alice", { separator: "/", domain: "CORP" }, { kind: "down-level", separator: "/" }],
  ["CORP_EU_alice", { separator: "_", domain: "CORP_EU" }, underscore],
  ["alice", undefined, backslash],
  // Which of the two it is stays unknown.
  ["CORP+alice", undefined, undefined],
] as const)("the name %s of winbind, which says %j", (name, winbind, style) => {
  expect(styleOf(name, "winbind", winbind)).toEqual(style);
});

test("SSSD's group names stay whole if the user's name has no domain", () => {
  expect(groupStyleOf(at, undefined)).toEqual(whole);
  expect(groupStyleOf(at, "ad.corp.test")).toEqual(at);
  expect(groupStyleOf(plus, undefined)).toEqual(plus);
});

test.each<[string, NameStyle, string, string | undefined]>([
  ["at@other.example", whole, "at@other.example", undefined],
  ["All Staff@contoso.com", principal, "All Staff@contoso.com", undefined],
  ["CORP\\Sales EMEA", backslash, "Sales EMEA", "CORP"],
  ["CORP\\at@other.example", backslash, "at@other.example", "CORP"],
  ["CORP\\back\\slash", backslash, "back\\slash", "CORP"],
  ["CORP+domain users", plus, "domain users", "CORP"],
  ["BUILTIN+users", plus, "users", "BUILTIN"],
  ["CORP_EU_anna_maria", underscore, "anna_maria", "CORP_EU"],
  ["corp_eu_anna", underscore, "anna", "corp_eu"],
  ["BUILTIN_users", underscore, "users", "BUILTIN"],
  ["anna_maria", underscore, "anna_maria", undefined],
  ["CORP_EU_", underscore, "CORP_EU_", undefined],
  ["sales emea@ad.corp.test", at, "sales emea", "ad.corp.test"],
  ["at@other.example@ad.corp.test", at, "at@other.example", "ad.corp.test"],
  ["back\\slash@ad.corp.test", at, "back\\slash", "ad.corp.test"],
  ["alice@CORP", at, "alice", "CORP"],
  ["all staff@LDAP", at, "all staff", "LDAP"],
  ["early@night shift", at, "early@night shift", undefined],
  ["alice@", at, "alice@", undefined],
  ["alice@contoso", principal, "alice@contoso", undefined],
  ["@ad.corp.test", at, "@ad.corp.test", undefined],
  ["\\alice", backslash, "\\alice", undefined],
  ["CORP\\", backslash, "CORP\\", undefined],
])("%s in the style %j is %s of %s", (name, style, bare, domain) => {
  expect(splitName(name, style)).toEqual({ bare, domain });
});

test("a name with its domain is split at the separator", () => {
  const bare = fc.string({ minLength: 1, maxLength: 256 });
  const domains = fc.stringMatching(/^[A-Z][A-Z0-9-]{0,14}$/);
  fc.assert(
    fc.property(bare, domains, fc.constantFrom("\\", "+", "/"), (name, domain, separator) => {
      const style = { kind: "down-level", separator } as const;
      expect(splitName(`${domain}${separator}${name}`, style)).toEqual({ bare: name, domain });
    }),
  );
  fc.assert(
    fc.property(bare, fc.stringMatching(/^[a-z]{1,9}(\.[a-z]{2,9}){1,3}$/), (name, domain) => {
      expect(splitName(`${name}@${domain}`, at)).toEqual({ bare: name, domain });
    }),
  );
});

test("nothing of a name is lost", () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), fc.constantFrom(backslash, underscore, at), (name, style) => {
      const { bare, domain } = splitName(name, style);
      expect(bare).not.toBe("");
      const joined = style.kind === "at" ? `${bare}@${domain}` : `${domain}${style.separator}${bare}`;
      expect(domain === undefined ? bare : joined).toBe(name);
    }),
  );
});
