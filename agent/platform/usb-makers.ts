/**
 * Makers of phones and modems by the vendor ID of usb.org, in capitals: as Linux's drivers `ipheth`, `qmi_wwan` and
 * `option` list them, and Android's documentation ("Run apps on a hardware device").
 */
const makers: Readonly<Record<string, readonly string[]>> = {
  phone: "05AC 04E8 18D1 2717 2A70 22B8 0FCE 0BB4 1004 22D9 2D95".split(" "),
  "mobile modem": "05C6 0F3D 1199 12D1 1410 19D2 1BBB 1BC7 1E0E 1E2D 2C7C 2CB7".split(" "),
};
/** Apple's Ethernet adapters, which share the vendor ID with its phones: USB Ethernet (A1277). */
const appleEthernet = "05AC:1402";

/**
 * Whether an Ethernet adapter on USB is part of a `phone` or a `mobile modem`; undefined if it is neither.
 * @param vendor, product four hex digits each, in any case
 */
export function usbMaker(vendor: string, product: string): string | undefined {
  if (`${vendor}:${product}`.toUpperCase() === appleEthernet) return undefined;
  return Object.keys(makers).find((kind) => makers[kind]?.includes(vendor.toUpperCase()));
}
