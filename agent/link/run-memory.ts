import { asAgentError, messageOf } from "../errors.ts";
import { formatMemory, type MachineMemory } from "./memory.ts";
import type { LinkPorts } from "./ports.ts";

/** One run's view of the memory: the file's, or the one that it could not write. */
export class RunMemory {
  readonly #ports: Pick<LinkPorts, "store" | "log" | "lock">;
  #unsaved: MachineMemory | undefined;
  /** The text when it was last read. */
  #kept = "";

  constructor(ports: Pick<LinkPorts, "store" | "log" | "lock">) {
    this.#ports = ports;
  }

  read(): MachineMemory {
    const { memory, problem } = this.#ports.store.read();
    if (problem !== undefined) this.#ports.log.warn("state-unreadable", problem);
    const kept = formatMemory(memory);
    // Another run wrote, and may have made the link.
    if (kept !== this.#kept) this.#unsaved = undefined;
    this.#kept = kept;
    return this.#unsaved ?? memory;
  }

  /** A memory that can't be kept costs a call at the next logon, not this link. */
  write(memory: MachineMemory): void {
    try {
      this.#ports.store.write(memory);
      this.#unsaved = undefined;
      this.#kept = formatMemory(memory);
    } catch (thrown) {
      this.#unsaved = memory;
      const message = messageOf(thrown);
      this.#ports.log.warn("state-unwritable", `the outcome can't be remembered: ${message}`);
    }
  }

  /** Changes what is remembered, during a wait. Another run that has finished meanwhile left no schedule to change. */
  async amend(change: Pick<MachineMemory, "pace" | "notBefore" | "lastRun">, signal: AbortSignal): Promise<void> {
    try {
      using _lock = await this.#ports.lock(signal);
      const memory = this.read();
      if (memory.pace !== undefined) this.write({ ...memory, ...change });
    } catch (thrown) {
      const { code, message } = asAgentError(thrown);
      this.#ports.log.warn(code, message);
    }
  }
}
