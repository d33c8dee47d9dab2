import { version } from "../agent/version.ts";

/** The one source of the product's name, version and texts for every installer. */
export const product = {
  name: "linkuser-agent",
  version,
  summary: "links a device to its logged-on user in OPSWAT Gears",
  /** Lines of at most 79 columns. */
  description: [
    "At each logon it links this device in OPSWAT Gears (MetaDefender IT Access) to",
    "its logged-on user and group. It finds the device's identifiers, the user and",
    "the group, keeps to the account's rate limit, and sends an unchanged link only",
    "once.",
  ],
  /** An organisation that distributes the packages puts its own address here. */
  maintainer: "linkuser-agent maintainers <linkuser-agent@localhost.localdomain>",
} as const;
