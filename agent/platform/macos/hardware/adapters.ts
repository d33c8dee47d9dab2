import type { NetworkInterfaceInfo } from "node:os";
import { AgentError } from "../../../errors.ts";
import { assignmentOf, isVoid, type Mac, parseMac } from "../../../identity/mac.ts";
import { failed, found, type Reading } from "../../../reading.ts";
import type { Adapter } from "../../port.ts";
import type { RunTool } from "../tools.ts";
import { kindOfOther, kindOfPort, parseHardwarePorts } from "./hardware-ports.ts";
import { defaultRouteAdapters } from "./routes.ts";

const origin = "networksetup";

/** Addresses of the adapters that are up, by adapter, as `os.networkInterfaces()` gives them. */
export type Addresses = Readonly<Record<string, readonly Pick<NetworkInterfaceInfo, "mac">[] | undefined>>;

/** The hardware ports, then other adapters with an address. */
export function readAdapters(addresses: () => Addresses, run: RunTool): Reading<readonly Adapter[]> {
  try {
    const inUse = addresses();
    const ports = parseHardwarePorts(run("networksetup", "-listallhardwareports"));
    const routes = [
      ...new Set(["inet", "inet6"].flatMap((family) => defaultRouteAdapters(run("netstat", "-rn", "-f", family)))),
    ];
    const others = Object.keys(inUse).filter((name) => !ports.some(({ device }) => device === name));
    const named = [...ports.map((port) => [port.device, port] as const), ...others.map((name) => [name] as const)];
    const adapters = named.map(([name, port]): Adapter => {
      const used = macInUse(inUse, name);
      return {
        name,
        mac: used ?? port?.mac,
        permanentMac: port?.mac,
        ...(port === undefined ? kindOfOther(name) : kindOfPort(port)),
        addressAssigned: assignmentOf(used, port?.mac),
        up: inUse[name] !== undefined,
        defaultRoute: routes.includes(name) ? routes.indexOf(name) : undefined,
      };
    });
    return found(adapters, origin);
  } catch (cause) {
    if (cause instanceof AgentError) return failed(origin, cause);
    throw cause;
  }
}

function macInUse(inUse: Addresses, name: string): Mac | undefined {
  const mac = parseMac(inUse[name]?.[0]?.mac ?? "");
  return mac === undefined || isVoid(mac) ? undefined : mac;
}
