import { absent, found, type Reading } from "../../reading.ts";

/** The person who runs this program. @param isService whether a user ID is a service's */
export function readCaller(uid: number, isService: (uid: number) => boolean): Reading<{ readonly userKey: string }> {
  if (uid === 0) return absent("caller", "this program runs as root");
  return isService(uid)
    ? absent("caller", "this program runs as a service")
    : found({ userKey: String(uid) }, "caller");
}
