import { day, hour, minute } from "../duration.ts";

const steps = [
  ...[1, 2, 5, 10, 15, 30].map((n) => n * minute),
  ...[1, 2, 3, 4, 6, 12].map((n) => n * hour),
  ...[1, 2, 5, 10, 20, 50, 100].map((n) => n * day),
];

/** Round moments from 0 to `span` ms, at most `maxSteps` besides 0, each with its label in one unit. */
export function axisSteps(
  span: number,
  maxSteps: number,
): readonly { readonly time: number; readonly label: string }[] {
  const step = steps.find((one) => span / one <= maxSteps) ?? span / maxSteps;
  const [unit, name] = step >= day ? [day, "d"] : step >= hour ? [hour, "h"] : [minute, "min"];
  return Array.from({ length: Math.floor(span / step) + 1 }, (_, index) => ({
    time: index * step,
    label: `${Math.round((index * step) / unit)} ${name}`,
  }));
}
