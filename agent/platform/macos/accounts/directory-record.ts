export interface DirectoryRecord {
  readonly uid: number;
  /**
   * The node that holds the record: `/Local/Default`, `/Active Directory/CORP/corp.example.com`,
   * `/LDAPv3/ldap.example.com`.
   */
  readonly location: string;
  /** For a mobile account, the node of its origin. */
  readonly originalNode: string | undefined;
  /** NetBIOS name of the domain. */
  readonly ntDomain: string | undefined;
  readonly upn: string | undefined;
}

/** The attributes that dscl(1) is asked for. */
export const recordAttributes: readonly string[] = [
  "UniqueID",
  "AppleMetaNodeLocation",
  "OriginalNodeName",
  "PrimaryNTDomain",
  "dsAttrTypeNative:userPrincipalName",
];

/**
 * Reads what `dscl -read` prints: `Name: value value`, or the values on lines of their own with a space in front, where
 * one has a space in it. A missing attribute is printed as `No such key: Name`.
 * @returns undefined if no user ID and no node is in it
 */
export function parseDirectoryRecord(text: string): DirectoryRecord | undefined {
  const values = attributeValues(text);
  const location = values.get("AppleMetaNodeLocation");
  const uid = Number(values.get("UniqueID") ?? Number.NaN);
  if (location === undefined || !Number.isInteger(uid)) return undefined;
  return {
    // (uid_t) -2 is nobody, and is printed with its sign.
    uid: uid >>> 0,
    location,
    originalNode: values.get("OriginalNodeName"),
    ntDomain: values.get("PrimaryNTDomain"),
    upn: values.get("dsAttrTypeNative:userPrincipalName"),
  };
}

function attributeValues(text: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  let name = "";
  for (const line of text.split("\n")) {
    const head = /^((?:dsAttrType\w+:)?\w+):(?: (.*))?$/.exec(line);
    if (head?.[1] !== undefined) {
      name = head[1];
      if (head[2] !== undefined && head[2] !== "") values.set(name, head[2]);
    } else if (line.startsWith(" ") && name !== "" && !values.has(name)) {
      values.set(name, line.slice(1));
    }
  }
  return values;
}

/** The numbers in what `dscl -list /Groups PrimaryGroupID` prints: a name and a number in each line. */
export function parseGroupIds(text: string): ReadonlySet<number> {
  const ids = text.split("\n").flatMap((line) => /\s(-?\d{1,10})\s*$/.exec(line)?.[1] ?? []);
  return new Set(ids.map((id) => Number(id) >>> 0));
}

/** The names in what `dscl -search` prints: `alice<tabs>UniqueID = (`, the values on lines of their own, and `)`. */
export function parseSearch(text: string): readonly string[] {
  return [...new Set([...text.matchAll(/^(\S.*?)\t+\w+ = \(/gm)].map(([, name = ""]) => name))];
}
