import { expect, test } from "vitest";
import { tools } from "../../../agent/platform/macos/tools.ts";

test("every tool is named by its absolute path", () => {
  for (const path of Object.values(tools)) expect(path).toMatch(/^\/(?:usr\/)?s?bin\/\w+$/);
});
