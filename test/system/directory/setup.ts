import { execFileSync } from "node:child_process";
import { resolve } from "node:path";
import type { TestProject } from "vitest/node";
import { type Booted, boot, type Container, runIn, stop } from "./container.ts";

declare module "vitest" {
  interface ProvidedContext {
    readonly controller: Container;
    readonly winbind: Container;
    readonly sssd: Container;
    readonly sssdShort: Container;
  }
}

/** A Samba domain controller and its members, each in its own container; the returned function removes them. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  if (process.geteuid?.() !== 0) throw new Error("the directory tests boot containers: run them as root");
  const tree = prepareTree();
  const booted: Booted[] = [];
  const stopAll = async (): Promise<void> => {
    await Promise.all(booted.map(stop));
  };
  try {
    const [controller, winbind, sssd, sssdShort] = (await Promise.all(
      (["dc1", "member1", "member2", "member3"] as const).map(async (name) => {
        const container = await boot(tree, name);
        booted.push(container);
        return { name, leader: container.leader };
      }),
    )) as [Container, Container, Container, Container];
    runIn(controller, "bash", "/opt/directory/machines/controller.sh");
    for (const member of [winbind, sssd, sssdShort]) connect(controller, member);
    runIn(winbind, "bash", "/opt/directory/machines/winbind.sh", "11");
    runIn(sssd, "bash", "/opt/directory/machines/sssd.sh", "12", "true");
    runIn(sssdShort, "bash", "/opt/directory/machines/sssd.sh", "13", "false");
    project.provide("controller", controller);
    project.provide("winbind", winbind);
    project.provide("sssd", sssd);
    project.provide("sssdShort", sssdShort);
  } catch (error) {
    await stopAll();
    throw error;
  }
  return stopAll;
}

/** The Debian that all machines of the domain are; made where it is missing. */
export function prepareTree(): string {
  const prepare = resolve(import.meta.dirname, "../support/prepare.sh");
  return execFileSync(prepare, { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] }).trim();
}

/** A cable from the member's `eth0` to the controller's bridge. */
export function connect(controller: Container, member: Container): void {
  const network = ["--target", String(controller.leader), "--net", "ip", "link"];
  const port = ["add", member.name, "type", "veth", "peer", "name", "eth0", "netns", String(member.leader)];
  execFileSync("nsenter", [...network, ...port]);
  execFileSync("nsenter", [...network, "set", member.name, "master", "br0", "up"]);
}
