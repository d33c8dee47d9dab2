const month = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)";
const time = "\\d{2}:\\d{2}:\\d{2}";
/** The three forms of RFC 9110 5.6.7. Anything else is refused: Date.parse takes `1` for a date. */
const dateForms = new RegExp(
  `^(?:[A-Z][a-z]{2}, \\d{2} ${month} \\d{4} ${time} GMT` +
    `|[A-Z][a-z]{5,8}, \\d{2}-${month}-\\d{2} ${time} GMT` +
    `|[A-Z][a-z]{2} ${month} [ \\d]\\d ${time} \\d{4})$`,
);

/** Milliseconds since the epoch of a date in a header, such as `Date`; undefined for anything else. */
export function httpDate(value: string | undefined): number | undefined {
  if (value === undefined || !dateForms.test(value)) return undefined;
  const ms = Date.parse(value.endsWith("GMT") ? value : `${value} GMT`);
  return Number.isNaN(ms) ? undefined : ms;
}
