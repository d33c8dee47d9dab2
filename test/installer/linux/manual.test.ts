import { expect, test } from "vitest";
import { exitCodes } from "../../../agent/exit-codes.ts";
import { manualPage } from "../../../installer/linux/manual.ts";

test("the manual page has examples, files and every exit code", () => {
  const [, examples = "", files = "", statuses = ""] =
    /^\.SH EXAMPLES$(.*)^\.SH FILES$(.*)^\.SH EXIT STATUS$(.*)/ms.exec(manualPage("1.2.3", 0)) ?? [];
  expect(examples).toContain("\n.TP\nlinkuser\\-agent doctor\n");
  expect(files).toContain("\n/etc/linkuser\\-agent/credential.json\n");
  for (const [outcome, code] of Object.entries(exitCodes)) {
    expect(statuses).toMatch(new RegExp(`^\\.TP\\n${code}\\n.*${outcome.replace("-", "\\\\-")}`, "m"));
  }
});
