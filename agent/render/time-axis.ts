import { day, hour, minute } from "../duration.ts";

const steps = [
  ...[1, 2, 5, 10, 15, 30].map((n) => n * minute),
  ...[1, 2, 3, 4, 6, 12].map((n) => n * hour),
  ...[1, 2, 5, 10, 20, 50, 100].map((n) => n * day),
];

/** Round moments from 0 to `longest` ms, at most `most` and the 0, each with its label in one unit. */
export function axisSteps(longest: number, most: number): readonly { readonly time: number; readonly label: string }[] {
  const step = steps.find((one) => longest / one <= most) ?? longest / most;
  const [unit, name] = step >= day ? [day, "d"] : step >= hour ? [hour, "h"] : [minute, "min"];
  return Array.from({ length: Math.floor(longest / step) + 1 }, (_, index) => ({
    time: index * step,
    label: `${Math.round((index * step) / unit)} ${name}`,
  }));
}
