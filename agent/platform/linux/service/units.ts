import { exitCodes } from "../../../exit-codes.ts";
import { triggerInterval } from "../../../pace/trigger-interval.ts";
import { installedClientKey, machineKeytab, noCredential } from "../paths.ts";
import { serviceAccount } from "./service-account.ts";

/** Administrators' own units, which override those of packages (systemd.unit(5)). */
export const unitFolder = "etc/systemd/system";

/** Where packages keep theirs. */
export const packageUnitFolder = "usr/lib/systemd/system";

/** The first systemd with LoadCredential=. */
export const oldestSystemd = 247;

/** The template whose instances are sessions. */
export const sessionUnit = "linkuser-agent@.service";
/** Drop-ins of every session's scope; one of them wants the unit. */
export const scopeDropIns = "session-.scope.d";
export const catchUpUnit = "linkuser-agent.service";
/** The timer for what a logon could not finish. */
export const timerUnit = "linkuser-agent.timer";

/** The slice that limits all runs together; its name puts it below system.slice (systemd.slice(5)). */
export const slice = "system-linkuser.slice";

/** The link that enables the timer, without `systemctl enable`. */
export const timerLink = { path: `timers.target.wants/${timerUnit}`, target: `../${timerUnit}` } as const;

/** Units that may run, for `systemctl stop`: the slice includes its services. */
export const runningUnits = [timerUnit, catchUpUnit, "linkuser-agent@*.service", slice] as const;

/**
 * Patterns for loaded units; if none matches, systemctl does nothing and does not fail. A run that is stopped while it
 * waits ends with a failure's exit code; `systemctl reset-failed` clears it.
 */
export const loadedUnits = { all: "linkuser-agent[.@]*", runs: "linkuser-agent[.@]*service" } as const;

/** Folders that ProtectHome= and PrivateTmp= hide from the services; systemd.exec(5). */
export const hiddenFromServices = ["/home", "/root", "/run/user", "/tmp", "/var/tmp"] as const;

/** Exit codes that are no failure: nobody is logged on, or it is not yet this device's turn. */
const quietExitCodes = `${exitCodes["no-user"]} ${exitCodes.waiting}`;

/**
 * The logon trigger: a service that every logind session starts, and a timer for what a logon could not finish. Needs
 * {@link oldestSystemd}.
 * @param executable absolute path that only root may change
 * @param credentialFile of root, mode 0600; systemd hands the service a copy
 * @returns paths below a folder that systemd loads units from
 */
export function unitFiles(executable: string, credentialFile: string) {
  return [
    { path: sessionUnit, text: sessionService(executable, credentialFile) },
    { path: `${scopeDropIns}/50-linkuser-agent.conf`, text: sessionDropIn },
    { path: catchUpUnit, text: catchUpService(executable, credentialFile) },
    { path: timerUnit, text: timer },
    { path: slice, text: sliceText },
  ];
}

/** `%j` is the session's ID: the part after the last dash of the scope's name. */
const sessionDropIn = `# Every logon starts one run of linkuser-agent for its session. The logon neither waits for it nor fails with it.
[Unit]
Wants=linkuser-agent@%j.service
`;

const sessionService = (executable: string, credentialFile: string): string => `[Unit]
Description=Link this device to the user of logon session %i
After=session-%i.scope network-online.target nss-user-lookup.target
CollectMode=inactive-or-failed

${serviceSection(`${executable} --will-repeat --session %i`, credentialFile)}`;

const catchUpService = (executable: string, credentialFile: string): string => `[Unit]
Description=Link this device to its logged-on user
After=network-online.target nss-user-lookup.target

${serviceSection(`${executable} --will-repeat`, credentialFile)}`;

/**
 * The wall clock makes up for time that the machine was suspended. Sessions last for weeks, a run ends at its deadline.
 */
const timer = `[Unit]
Description=Link this device if the last logon could not

[Timer]
OnCalendar=*-*-* 00/4:00:00
RandomizedDelaySec=4h
FixedRandomDelay=yes

[Install]
WantedBy=timers.target
`;

/** A run needs up to 150 MB and a dozen threads; logons of many people at once must not take the machine's memory. */
const sliceText = `[Unit]
Description=Runs of linkuser-agent

[Slice]
MemoryMax=600M
MemorySwapMax=0
TasksMax=500
`;

/**
 * A run that would wait longer than `RestartSec=` ends with the exit code for waiting, and systemd starts it again
 * after that time. Meanwhile nothing is in memory, an upgrade takes effect, and one run's deadline does not end the
 * attempts. `Type=exec`: a run may wait for its turn, or for a network for hours; with `oneshot` a logon at boot would
 * delay the end of the boot. No `MemoryDenyWriteExecute=`, which breaks V8, no `ProcSubset=`, which hides routes and
 * sockets, and no `PrivateUsers=`, which fails if user namespaces are turned off. The account is in this machine's
 * files (`service-account.ts`): `DynamicUser=` would use any directory account of that name. Addresses are those of unicast, of
 * either IP version.
 */
const serviceSection = (command: string, credentialFile: string): string => `[Service]
Type=exec
ExecStart=${command}
SuccessExitStatus=${quietExitCodes}
RestartForceExitStatus=${exitCodes.waiting}
RestartSec=${triggerInterval / 60_000}min
TimeoutStopSec=10s
Nice=10
Slice=${slice}

User=${serviceAccount}
LoadCredential=credential.json:${credentialFile}
SetCredential=credential.json:${noCredential}
LoadCredential=client-key.pem:${installedClientKey("/")}
SetCredential=client-key.pem:${noCredential}
LoadCredential=krb5.keytab:${machineKeytab("/")}
SetCredential=krb5.keytab:${noCredential}
LoadCredential=product_uuid:/sys/class/dmi/id/product_uuid
SetCredential=product_uuid:${noCredential}
StateDirectory=linkuser-agent
StateDirectoryMode=0700
LogsDirectory=linkuser-agent
LogsDirectoryMode=0700
UMask=0077
LimitCORE=0

CapabilityBoundingSet=
AmbientCapabilities=
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
PrivateMounts=yes
ProtectClock=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectControlGroups=yes
ProtectProc=invisible
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
IPAddressDeny=any
IPAddressAllow=0.0.0.0/1 128.0.0.0/2 192.0.0.0/3
IPAddressAllow=::/1 8000::/2 c000::/3 e000::/4 f000::/5 f800::/6 fc00::/7 fe00::/8
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RemoveIPC=yes
LockPersonality=yes
KeyringMode=private
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM
`;
