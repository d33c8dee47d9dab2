import { expect, test } from "vitest";
import { AgentError } from "../../agent/errors.ts";
import { absent, failed, found } from "../../agent/reading.ts";
import { readSettingsFile } from "../../agent/settings/settings-file.ts";

const read = (bytes: Buffer | string) => readSettingsFile("/c.json", found(Buffer.from(bytes), "x"), false);

test("one JSON object gives its values", () => {
  expect(read('\uFEFF{"fleetSize": 5}').values).toEqual({ fleetSize: 5 });
});

test("a missing file gives none, unless it was named explicitly", () => {
  expect(readSettingsFile("/c.json", absent("x", "no such file"), false).values).toEqual({});
  expect(() => readSettingsFile("/c.json", absent("x", "no such file"), true)).toThrow(/\/c\.json does not exist/);
});

test.each([
  ["", "is empty; it must contain one JSON object"],
  ['{"fleetSize": 5,\n"fleetSize": 6}', "has fleetSize twice (line 2, column 1); it must contain"],
  [Buffer.from('{"a": "\xe4"}', "latin1"), "can't be read: it is not UTF-8 (line 1); save it as UTF-8."],
  [Buffer.from("{}", "utf16le"), "can't be read: it is UTF-16; save it as UTF-8."],
])("%j is refused with words", (bytes, words) => {
  const message = expect.stringContaining(`The settings file /c.json ${words}`);
  expect(() => read(bytes)).toThrow(expect.objectContaining({ code: "settings-unreadable", message }));
});

test("the file's error is passed on, with its remedy", () => {
  const error = new AgentError("settings-exposed", "/c.json can be changed.", { remedy: "chmod go-w /c.json" });
  expect(() => readSettingsFile("/c.json", failed("x", error), false)).toThrow(
    expect.objectContaining({
      code: "settings-exposed",
      message: "The settings file /c.json can be changed. Run chmod go-w /c.json",
    }),
  );
});
