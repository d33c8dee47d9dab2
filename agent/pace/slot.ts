/**
 * The device's fixed place in a span of time: uniform in [0, 1) over a fleet, the same on every run.
 * The hash is cyrb53 (bryc, public domain; 53 bits): good spread, no cryptographic claim.
 * @param device its identifier in canonical form
 */
export function slotOf(device: string): number {
  let high = 0xdeadbeef;
  let low = 0x41c6ce57;
  for (let i = 0; i < device.length; i++) {
    const unit = device.charCodeAt(i);
    high = Math.imul(high ^ unit, 2_654_435_761);
    low = Math.imul(low ^ unit, 1_597_334_677);
  }
  high = Math.imul(high ^ (high >>> 16), 2_246_822_507) ^ Math.imul(low ^ (low >>> 13), 3_266_489_909);
  low = Math.imul(low ^ (low >>> 16), 2_246_822_507) ^ Math.imul(high ^ (high >>> 13), 3_266_489_909);
  return (4_294_967_296 * (2_097_151 & low) + (high >>> 0)) / 2 ** 53;
}
