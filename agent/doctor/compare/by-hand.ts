import type { Platform } from "../../platform/port.ts";

/**
 * A list for people to tick off once on a new platform: no program can check these. `doctor --compare` prints it.
 * `doctor --compare` covers everything that a program can check.
 */
export const byHand: Readonly<Record<Platform["name"], readonly string[]>> = {
  linux: [
    "Log on at the screen, over ssh and over remote desktop: each starts a run (journalctl -u 'linkuser-agent@*').",
    "Two users at once: skipped as root; with allowMultiSession the one at the screen.",
    "A laptop with a dock, Wi-Fi with random addresses and a VPN that is connected: --dry-run shows the adapters in the right order.",
    "A member of a domain with its network unplugged: the run ends in time and says that the directory can't be reached.",
    "Sleep during a run's wait, and wake after its deadline.",
  ],
  windows: [
    "Run doctor --compare as a user, as an elevated administrator and as SYSTEM: all bindings work, nothing differs.",
    "Two users logged on (fast user switching, Remote Desktop): skipped as SYSTEM; with allowMultiSession the one at the screen.",
    "At the sign-in screen with nobody logged on: exit code 67. Locked, and over Remote Desktop: the right user.",
    "As an elevated administrator other than the user at the screen: --dry-run lists the right sessions.",
    "A domain member with its network unplugged: the run ends in time and says that a domain controller can't be reached.",
    "A laptop with a dock on USB and on Thunderbolt, MAC address pass-through on and off, Wi-Fi with random addresses, a VPN, Hyper-V, WSL, Docker: --dry-run shows the adapters in the right order, and the right reasons.",
    "As a user: reading the credential, state and log is denied, and --dry-run works. If Users may read the credential, the icacls commands in the message correct that, in cmd and in PowerShell.",
    "A policy by Group Policy and one by Intune (ADMX): config shows their origin; Not configured removes the value. A list with two items by ADMX ingestion.",
    "The events in the viewer show their text.",
    "A virus scanner scans the folder during a run: the run succeeds.",
    "Sleep during a run's wait, and wake after its deadline; a time zone change; chcp 437 and 65001 with names outside both.",
    "A PAC script by Group Policy (per user, per machine), netsh winhttp set proxy, WPAD: doctor, as SYSTEM, names the right proxy.",
    "Behind a proxy that asks for Negotiate, over http: and https:, as SYSTEM: the proxy's log names the computer's account; without the proxy's name in the domain (setspn -D), and in a workgroup, no NTLM is sent. With proxyAuth = ntlm: NTLM.",
    "With auth = negotiate, as SYSTEM: the gateway's log names the computer's account.",
    "Delete the executable and run msiexec /i with the same package: it is restored. With a wrong FLEETSIZE: 1603, and the log has the message. With SPLAY=sometimes: The installation fails, an event says why, nothing is left.",
    "The task: log on twice, as two users; unplug the charger; log on without network; end it during a run. A plain user can't see it.",
    "An upgrade during a run: the executable is replaced without a restart; during a run by hand: 3010, and no restart.",
    "As a plain user: msiexec /fa {PRODUCT-CODE} BASEURL=https://example.org changes nothing.",
    "Removal by Settings > Apps, by Group Policy and by Intune: only foreign files are left.",
    "The transform, the detection rule and the remediation from the guides work in 64-bit PowerShell as SYSTEM.",
    "Signed by a real certificate with a time stamp: Properties > Digital Signatures; SmartScreen, AppLocker.",
  ],
  macos: [
    "Run codesign --verify --verbose=4 on the executable. The executable starts, and --version prints one line.",
    "Run doctor --compare as a user and as root: all bindings work, nothing differs.",
    "With a private Wi-Fi address: --dry-run shows both, the permanent one first (networksetup -listallhardwareports).",
    "At the login window over ssh as root, and during Setup Assistant: exit code 67.",
    "Two users by fast user switching, once with each at the screen, once at the login window; ssh by a second user; screen sharing into a separate session: --dry-run lists the same users as the command who.",
    'chmod +a "everyone allow read" on the credential file: refused, and the printed chmod -N corrects that.',
    "install twice, uninstall, install while a run waits.",
    "Log on: a run starts within seconds (log show). Open a terminal window: a run says already-linked and ends.",
    "Log on offline, with the Mac bound to Active Directory: the run ends in time and says that the directory may be unreachable.",
    "Bound to Active Directory, behind a proxy that asks for Negotiate, and with auth = negotiate: the logs of the proxy and the gateway name the Mac's account (as root) or the user's.",
    "A profile by Jamf Pro's form and one by the .mobileconfig: config shows their origin; wrong types and unknown names are refused; an empty form sets nothing.",
    "System Settings > Login Items shows the job, and with the profile it can't be turned off.",
    "sign-and-package.sh with and without NOTARY_PROFILE; the package installs by hand and by a management tool, without asking for Rosetta.",
    "Sleep during a run's wait, and wake after it. Check the memory of a waiting run.",
  ],
};
