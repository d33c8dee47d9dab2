/**
 * Entry of an executable with a start-up snapshot. This file and what it imports are run once, by the build; the
 * executable starts from the memory they leave, and only `agent/main.ts` is run on the user's machine. So nothing
 * imported here may read the environment, the clock or the machine while it loads: the build refuses that.
 */
import "./snapshot-guard.ts";
import { startupSnapshot } from "node:v8";
import "../../agent/api/http-connection.ts";
import "../../agent/commands/link.ts";
import "../../agent/platform/linux/platform.ts";
import { lift } from "./snapshot-guard.ts";

lift();
startupSnapshot.setDeserializeMainFunction(() => {
  void import("../../agent/main.ts");
});
