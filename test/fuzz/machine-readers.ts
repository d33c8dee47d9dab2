import { strict as assert } from "node:assert";
import { parseHexId, parseUuid, parseVendorId } from "../../agent/identity/device-id.ts";
import { formatMemory } from "../../agent/link/memory.ts";
import { parseGroup, parsePasswd } from "../../agent/platform/linux/accounts/local-files.ts";
import { parseNsswitch } from "../../agent/platform/linux/accounts/nsswitch.ts";
import { listeningUids } from "../../agent/platform/linux/listener.ts";
import { parsePamEnvironment, parseShellVariables } from "../../agent/platform/linux/system-proxy.ts";
import {
  parseDirectoryRecord,
  parseGroupIds,
  parseSearch,
} from "../../agent/platform/macos/accounts/directory-record.ts";
import { parseLoginRecord, utmpx } from "../../agent/platform/macos/accounts/login-records.ts";
import { parseHardwarePorts } from "../../agent/platform/macos/hardware/hardware-ports.ts";
import { parseNetworkSettings } from "../../agent/platform/macos/system-proxy.ts";
import {
  parseTokenGroups,
  parseTokenPrimaryGroup,
  parseTokenUser,
} from "../../agent/platform/windows/accounts/parse-token.ts";
import { encodeSid, parseSid } from "../../agent/platform/windows/accounts/sids.ts";
import { parseSecurityDescriptor } from "../../agent/platform/windows/files/parse-security.ts";
import {
  interfaceRow,
  parseAddressRows,
  parseInterfaceRows,
} from "../../agent/platform/windows/hardware/parse-adapters.ts";
import { parseSmbios } from "../../agent/platform/windows/hardware/parse-smbios.ts";
import { family, listenersAt } from "../../agent/platform/windows/parse-listeners.ts";
import { decodeRegistryList, decodeRegistryValue } from "../../agent/platform/windows/registry-values.ts";
import { found } from "../../agent/reading.ts";
import { parseJsonObject } from "../../agent/settings/json-object.ts";
import { readCaFile } from "../../agent/settings/pem-certificates.ts";
import { readSettingsFile } from "../../agent/settings/settings-file.ts";
import type { ByteTarget } from "./bytes.ts";
import { credential, refused, settings, state } from "./promises.ts";

/** Readers of files and of what the system answers. */

const text = (...seeds: readonly string[]): readonly Buffer[] => seeds.map((seed) => Buffer.from(seed));

/** A reader of text. */
const ofText = (name: string, seeds: readonly string[], check: (content: string) => void): ByteTarget => ({
  name,
  seeds: text(...seeds),
  check: (input) => check(input.toString()),
});

/** It accepts the objects of JSON.parse, except repeated names and great depth. */
function jsonObject(json: string): void {
  const read = parseJsonObject(json);
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    value = undefined;
  }
  if ("value" in read) assert.deepEqual(read.value, value);
  else if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    assert.match(read.fault, / twice | nested deeper /);
  }
}

function sid(input: Buffer): void {
  const read = parseSid(input);
  // Authorities above 2^32 are written in hex.
  if (read !== undefined) assert.ok(encodeSid(read).equals(input.subarray(0, encodeSid(read).length)), read);
}

const base = 0x10000n;

function token(bytes: Buffer): void {
  const memory = { bytes, base };
  parseTokenUser(memory);
  parseTokenPrimaryGroup(memory);
  const groups = parseTokenGroups(memory) ?? [];
  assert.ok(groups.every((group) => parseSid(encodeSid(group.sid)) === group.sid));
}

/** TOKEN_GROUPS with one group, Users. */
function tokenSeed(): Buffer {
  const bytes = Buffer.alloc(24);
  bytes.writeUInt32LE(1);
  bytes.writeBigUInt64LE(base + 24n, 8);
  bytes.writeUInt32LE(7, 16);
  return Buffer.concat([bytes, encodeSid("S-1-5-32-545")]);
}

/** A self-relative descriptor: SYSTEM's, Users may read. */
function descriptorSeed(): Buffer {
  const head = Buffer.alloc(20);
  head[0] = 1;
  head.writeUInt16LE(0x8004, 2);
  head.writeUInt32LE(20, 4);
  head.writeUInt32LE(32, 16);
  const owner = encodeSid("S-1-5-18");
  const users = encodeSid("S-1-5-32-545");
  const acl = Buffer.alloc(16);
  acl[0] = 2;
  acl.writeUInt16LE(acl.length + users.length, 2);
  acl.writeUInt16LE(1, 4);
  acl.writeUInt16LE(8 + users.length, 10);
  acl.writeUInt32LE(1, 12);
  return Buffer.concat([head, owner, acl, users]);
}

function smbiosSeed(): Buffer {
  const system = Buffer.concat([Buffer.from([1, 27, 0, 0, 0, 0, 0, 0]), Buffer.alloc(19, 0x5a), Buffer.from("x\0\0")]);
  const head = Buffer.from([0, 3, 2, 0, 0, 0, 0, 0]);
  head.writeUInt32LE(system.length, 4);
  return Buffer.concat([head, system]);
}

/** One address row whose list ends. */
function addressSeed(): Buffer {
  const row = Buffer.alloc(448);
  row.writeUInt32LE(3, 4);
  row.writeBigUInt64LE(base + 300n, 72);
  row.write("Ethernet", 300, "utf16le");
  return row;
}

function registryValue(input: Buffer): void {
  const value = { name: "1", type: input[0] ?? 0, data: input.subarray(1) };
  const decoded = decodeRegistryValue(value);
  if (typeof decoded === "string") assert.ok(!decoded.endsWith("\0"));
  if (typeof decoded === "number") assert.ok(Number.isSafeInteger(decoded));
  decodeRegistryList([value]);
}

const uid = (value: number): boolean => Number.isInteger(value) && value >= 0 && value < 2 ** 32;

export const machineReaders: readonly ByteTarget[] = [
  ofText(
    "JSON object",
    ['{"baseUrl":"https://x.example.com","fleetSize":2e3,"a":[true,null,-1.5,{"b":"\\u00e9\\n"}]}'],
    jsonObject,
  ),
  {
    name: "settings file",
    seeds: text(
      '{"baseUrl":"https://gears.example.com/t","fleetSize":2000,"groupPrefer":["Sales *"],"splay":"25m"}',
      '\ufeff{"rateLimit":"10/1m","proxy":"http://proxy:3128","identify":"mac,hwid","usernameFormat":"upn"}',
    ),
    check: (input) => {
      const layer = refused(() => readSettingsFile("/x", found(input, "/x"), true));
      if (layer !== undefined) settings(layer);
    },
  },
  ofText(
    "credential file",
    ['{"clientId":"a","clientSecret":"b"}', '{"accessToken":"t","proxyUsername":"u","proxyPassword":"p"}'],
    credential,
  ),
  ofText(
    "state file",
    [
      formatMemory({
        link: {
          device: { value: "00:0c:29:f2:7a:29", opt: 0, source: "mac", detail: "eth0" },
          username: "alice",
          group: null,
          tenant: "https://gears.opswat.com",
          account: null,
          linkedAt: 1,
        },
        lastRun: { outcome: "linked", message: "OK", errorCode: null, endedAt: 2 },
        notBefore: 3,
        links: [1, 2],
        waiter: 4,
        hardware: ["a"],
      }),
    ],
    state,
  ),
  {
    name: "certificates",
    seeds: text("-----BEGIN CERTIFICATE-----\nMIIBAA==\n-----END CERTIFICATE-----\n"),
    check: (input) => {
      refused(() => readCaFile({ path: "/ca.pem", origin: "caFile", read: () => input }));
    },
  },
  ofText("device IDs", ["{6F9619FF-8B86-D011-B42D-00CF4FC964FF}", "1dc0aaaa292ce801f5379042d68bb6cb"], (content) => {
    for (const parse of [parseUuid, parseHexId, parseVendorId]) {
      const read = parse(content);
      if (read.kind === "valid") assert.match(read.id, /^[A-Za-z0-9-]{8,64}$/);
    }
  }),
  ofText(
    "Linux files",
    [
      "root:x:0:0:root:/root:/bin/sh\n",
      "sudo:x:27:alice,bob\n",
      "passwd: files [NOTFOUND=return] sss # x\ngroup: compat\n",
      'export HTTPS_PROXY="http://p:3128" # x\nNO_PROXY=a,b\n',
      "  0: 0100007F:2C69 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000 0 1\n",
    ],
    (content) => {
      assert.ok(parsePasswd(content).every((user) => uid(user.uid) && uid(user.gid) && user.name !== ""));
      assert.ok(parseGroup(content).every((group) => uid(group.gid)));
      assert.ok(parseNsswitch(content).users.every((source) => source !== ""));
      for (const value of Object.values({ ...parsePamEnvironment(content), ...parseShellVariables(content) })) {
        assert.equal(typeof value, "string");
      }
      listeningUids(content.split("\n"), 0x2c69);
    },
  ),
  ofText(
    "macOS tools",
    [
      "AppleMetaNodeLocation: /Local/Default\nUniqueID: 501\nOriginalNodeName:\n /Active Directory/CORP\n",
      "<dictionary> {\n  ExceptionsList : <array> {\n    0 : *.local\n  }\n  HTTPSEnable : 1\n}\n",
      "\nHardware Port: Wi-Fi\nDevice: en0\nEthernet Address: 14:7d:da:00:00:01\n\nVLAN Configurations\n",
      "alice\t\tUniqueID = (\n    501\n)\nstaff 20\n",
    ],
    (content) => {
      const record = parseDirectoryRecord(content);
      assert.ok(record === undefined || uid(record.uid));
      assert.ok([...parseGroupIds(content)].every(uid));
      parseSearch(content);
      parseNetworkSettings(content);
      assert.ok(parseHardwarePorts(content).every(({ device }) => device !== ""));
    },
  ),
  {
    name: "utmpx",
    seeds: [Buffer.alloc(utmpx.size, "\x07\0alice\0")],
    // The system gives whole records.
    check: (input) => void parseLoginRecord(Buffer.concat([input, Buffer.alloc(utmpx.size)], utmpx.size)),
  },
  { name: "SID", seeds: [encodeSid("S-1-5-21-1-2-3-500"), encodeSid("S-1-12-1-1")], check: sid },
  { name: "token", seeds: [tokenSeed()], check: token },
  {
    name: "access list",
    seeds: [descriptorSeed()],
    check: (input) => {
      const read = parseSecurityDescriptor(input);
      assert.ok(read?.allowed?.every(({ mask }) => Number.isInteger(mask)) ?? true);
    },
  },
  {
    name: "firmware tables",
    seeds: [smbiosSeed()],
    check: (input) => {
      const uuid = parseSmbios(input)?.uuid;
      assert.ok(uuid === undefined || /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/.test(uuid));
    },
  },
  {
    name: "adapters",
    seeds: [addressSeed(), Buffer.alloc(interfaceRow.size, 6)],
    check: (bytes) => {
      parseAddressRows({ bytes, base });
      parseInterfaceRows(bytes);
    },
  },
  {
    name: "listeners",
    seeds: [Buffer.from("0100000002000000000000007f00000100002c690000000000000000000005dc", "hex")],
    check: (input) => {
      for (const one of [family.AF_INET, family.AF_INET6]) assert.ok(listenersAt(0x2c69, input, one).every(uid));
    },
  },
  {
    name: "registry values",
    seeds: ["\x01a\0b\0\0\0", "\x07a\0\0\0b\0\0\0\0\0", "\x04abcd", "\x0babcdefgh"].map((one) =>
      Buffer.from(one, "latin1"),
    ),
    check: registryValue,
  },
];
