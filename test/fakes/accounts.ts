import { type Mac, parseMac } from "../../agent/identity/mac.ts";
import type { Account, Adapter, Group, Session } from "../../agent/platform/port.ts";

/** A MAC address known at the time of writing. */
export function mac(text: string): Mac {
  const parsed = parseMac(text);
  if (parsed === undefined) throw new TypeError(`not a MAC address: ${text}`);
  return parsed;
}

/** A connected physical adapter with the default route, unless stated otherwise. */
export function adapter(parts: Partial<Adapter> = {}): Adapter {
  return {
    name: "eth0",
    mac: mac("00:0c:29:f2:7a:29"),
    permanentMac: undefined,
    kind: "physical",
    kindReason: "a device behind it",
    addressAssigned: "permanent",
    up: true,
    defaultRoute: 0,
    ...parts,
  };
}

/** An active session at the screen, unless stated otherwise. */
export function session(parts: Partial<Session> = {}): Session {
  return {
    id: "1",
    userKey: "1000",
    class: "user",
    classReason: "user",
    state: "active",
    local: true,
    seat: "seat0",
    ...parts,
  };
}

/** A domain account `CORP\NAME`, unless stated otherwise. */
export function account(sam: string, parts: Partial<Account> = {}): Account {
  const domain = "CORP";
  return { userKey: sam, systemName: `${domain}\\${sam}`, sam, domain, upn: undefined, kind: "domain", ...parts };
}

/** A domain group `CORP\NAME`, unless stated otherwise. */
export function group(name: string, parts: Partial<Group> = {}): Group {
  return { systemName: `CORP\\${name}`, name, domain: "CORP", kind: "domain", primary: false, ...parts };
}
