import fc from "fast-check";
import { expect, test } from "vitest";
import { AgentError } from "../../agent/errors.ts";
import { environmentLayer, type Layer, type LayerKind, resolveSettings } from "../../agent/settings/layers.ts";
import { environmentName, flagName, policyName, settingNames, settingsTable } from "../../agent/settings/table.ts";

const layer = (kind: LayerKind, values: Readonly<Record<string, unknown>>, location?: string): Layer => ({
  kind,
  location,
  values,
});

function mistake(...layers: readonly Layer[]): AgentError {
  try {
    resolveSettings(layers);
  } catch (error) {
    if (error instanceof AgentError) return error;
    throw error;
  }
  throw new Error("no mistake was found");
}

test("policy beats flag beats environment beats file beats default, in any given order", () => {
  const kinds: readonly LayerKind[] = ["policy", "flag", "environment", "file"];
  const all = kinds.map((kind, at) => layer(kind, { maxCandidates: at + 1 }));
  for (const [at, kind] of kinds.entries()) {
    const { settings, origins } = resolveSettings(all.slice(at).toReversed());
    expect(settings.maxCandidates).toBe(at + 1);
    expect(origins.maxCandidates.kind).toBe(kind);
  }
  expect(resolveSettings([]).origins.maxCandidates).toEqual({ kind: "default", text: "default" });
});

test("a policy in the registry names its values as the registry does", () => {
  const policy = {
    ...layer("policy", { fleetSize: 5 }, "HKLM\\SOFTWARE\\Policies\\LinkUserAgent"),
    spelling: "registry",
  } as const;
  const text = "policy HKLM\\SOFTWARE\\Policies\\LinkUserAgent, FleetSize";
  expect(resolveSettings([policy]).origins.fleetSize.text).toBe(text);
});

test.each([
  ["policy", "/etc/linkuser-agent/policy.json", "policy /etc/linkuser-agent/policy.json, fleetSize"],
  ["flag", undefined, "flag --fleet-size"],
  ["environment", undefined, "environment LINKUSER_FLEET_SIZE"],
  ["file", "/etc/linkuser-agent/config.json", "file /etc/linkuser-agent/config.json, fleetSize"],
] as const)("a %s names itself as its users write it", (kind, location, text) => {
  expect(resolveSettings([layer(kind, { fleetSize: 5 }, location)]).origins.fleetSize.text).toBe(text);
});

test("a wrong value is named with its origin and what is allowed", () => {
  const error = mistake(layer("file", { fleetSize: "many" }, "/etc/config.json"));
  expect(error.code).toBe("setting-invalid");
  expect(error.message).toBe(
    'file /etc/config.json, fleetSize: "many" is not valid; it must be a whole number from 1 to 10000000.',
  );
});

test("a wrong value counts also where a higher layer hides it", () => {
  expect(mistake(layer("policy", { fleetSize: 5 }), layer("file", { fleetSize: 0 })).outcome).toBe("config-invalid");
});

test("a wrong flag is a mistake of usage", () => {
  expect(mistake(layer("flag", { deadline: "soon" })).outcome).toBe("usage");
});

test("an unknown setting is refused and the nearest one named", () => {
  expect(mistake(layer("file", { fleetsize: 5 }, "f")).message).toBe(
    "file f: there is no setting fleetsize. Did you mean fleetSize?",
  );
  expect(mistake(environmentLayer({ LINKUSER_BASEURL: "x" })).message).toContain("Did you mean LINKUSER_BASE_URL?");
  // The common prefix of all names does not count.
  expect(mistake(environmentLayer({ LINKUSER_CONFIG: "x" })).message).not.toContain("Did you mean");
});

test("a secret among the settings is refused without being shown", () => {
  const error = mistake(layer("file", { clientSecret: "s3cr3t" }, "f"));
  expect(error.message).toContain("credential file");
  expect(error.message).not.toContain("s3cr3t");
});

test.each(["https://alice:s3cr3t@x.example.com/", "https://x.example.com/?access_token=s3cr3t"])(
  "a wrong URL is shown without what may be secret: %s",
  (baseUrl) => {
    const { message } = mistake(layer("flag", { baseUrl }));
    expect(message).toContain("REDACTED");
    expect(message).not.toContain("s3cr3t");
  },
);

test("all mistakes are reported at once", () => {
  expect(mistake(layer("file", { fleetSize: 0, colour: "red" })).message.split("\n")).toHaveLength(2);
});

test("an empty variable counts as not set, and secrets are no settings", () => {
  const environment = { LINKUSER_SPLAY: "", LINKUSER_CLIENT_SECRET: "s", LINKUSER_FLEET_SIZE: "7", PATH: "/bin" };
  expect(environmentLayer(environment).values).toEqual({ fleetSize: "7" });
});

test("every default is read back from its own text", () => {
  for (const name of settingNames) {
    const { kind, fallback } = settingsTable[name];
    if (fallback === undefined) continue;
    const format = kind.format as (value: unknown) => string;
    expect(kind.parse(format(fallback)), name).toEqual({ ok: true, value: fallback });
  }
});

test("names are the same setting in every spelling", () => {
  expect([flagName("opswatPort"), environmentName("opswatPort"), policyName("opswatPort")]).toEqual([
    "--opswat-port",
    "LINKUSER_OPSWAT_PORT",
    "OpswatPort",
  ]);
});

test("no value makes a kind throw, and accepted values are read back", () => {
  fc.assert(
    fc.property(fc.constantFrom(...settingNames), fc.oneof(fc.anything(), fc.string()), (name, raw) => {
      const { kind } = settingsTable[name];
      const parsed = kind.parse(raw);
      if (!parsed.ok) return;
      const format = kind.format as (value: unknown) => string;
      expect(kind.parse(format(parsed.value))).toEqual(parsed);
    }),
    { numRuns: 2000 },
  );
});
