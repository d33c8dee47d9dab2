/** The one part of systeminformation that is used; the whole is three times as large, and read at every start. */
declare module "systeminformation/lib/osinfo.js" {
  const osInformation: { uuid(): Promise<{ readonly os: string; readonly hardware: string }> };
  export = osInformation;
}
