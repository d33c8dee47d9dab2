import type { BindingPart } from "../port.ts";
import { createDirectNames } from "../posix/bounded-names.ts";
import { openedByList } from "./access-lists.ts";
import { readLoginRecords } from "./accounts/login-records.ts";
import { hostUuid } from "./hardware/hardware-ids.ts";
import { openDirectory } from "./libsystem.ts";

const names = createDirectNames(openDirectory);

/**
 * Calls libSystem for values that are known on every Mac, so that a wrong signature or structure shows before a link
 * depends on it. Reads this machine, changes nothing.
 */
export const selfTest: readonly BindingPart[] = [
  ["users", async () => (await names.ask("userById", 0))?.name === "root"],
  ["groups", async () => (await names.ask("groupById", 0)).name === "wheel"],
  ["hardware UUID", () => hostUuid().some((octet) => octet !== 0)],
  ["logons", () => readLoginRecords().every(({ user, line }) => user !== "" && line !== "")],
  ["access lists", () => openedByList("/") === undefined],
];
