import { asAgentError, messageOf } from "../errors.ts";
import type { MachineMemory } from "./memory.ts";
import type { LinkPorts } from "./ports.ts";

/** The memory as one run sees it: what is kept, or what it could not write. */
export class RunMemory {
  readonly #ports: Pick<LinkPorts, "store" | "log" | "lock">;
  #unsaved: MachineMemory | undefined;

  constructor(ports: Pick<LinkPorts, "store" | "log" | "lock">) {
    this.#ports = ports;
  }

  read(): MachineMemory {
    const { memory, problem } = this.#ports.store.read();
    if (problem !== undefined) this.#ports.log.warn("state-unreadable", problem);
    return this.#unsaved ?? memory;
  }

  /** A memory that can't be kept costs a call at the next logon, not this link. */
  write(memory: MachineMemory): void {
    try {
      this.#ports.store.write(memory);
      this.#unsaved = undefined;
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
      const memory = this.#unsaved ?? this.#ports.store.read().memory;
      if (memory.pace !== undefined) this.write({ ...memory, ...change });
    } catch (thrown) {
      const { code, message } = asAgentError(thrown);
      this.#ports.log.warn(code, message);
    }
  }
}
