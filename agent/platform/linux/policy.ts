import { AgentError, asAgentError } from "../../errors.ts";
import type { Trust } from "../../files/trusted-path.ts";
import { absent, failed, found, type Reading } from "../../reading.ts";
import { settingsIn } from "../../settings/settings-file.ts";
import type { RawPolicy } from "../port.ts";
import { readTrusted } from "../posix/protected-files.ts";

/** The administrator's policy file: one JSON object of settings that only root may change. */
export function readPolicy(path: string, trust: Trust): Reading<RawPolicy> {
  try {
    const values = settingsIn("policy", path, readTrusted(path, trust));
    if (values === undefined) return absent(path, "no policy is set");
    return found({ origin: path, spelling: "file", values }, path);
  } catch (thrown) {
    const { finding, remedy } = asAgentError(thrown);
    return failed(path, new AgentError("settings-unreadable", finding, { cause: thrown, remedy }));
  }
}
