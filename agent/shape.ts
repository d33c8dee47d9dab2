/** Whether a value that was read from JSON is as it was written. */
export type Is = (value: unknown) => boolean;

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export const isText: Is = (value) => typeof value === "string" && value !== "";

export const isBoolean: Is = (value) => typeof value === "boolean";

export function upTo(max: number): Is {
  return (value) => typeof value === "number" && value >= 0 && value <= max;
}

export function listOf(is: Is): Is {
  return (value) => Array.isArray(value) && value.every(is);
}

export function orNull(is: Is): Is {
  return (value) => value === null || is(value);
}

export function optional(is: Is): Is {
  return (value) => value === undefined || is(value);
}

/** Other fields may be there. */
export function shape(fields: Readonly<Record<string, Is>>): Is {
  return (value) => isRecord(value) && Object.entries(fields).every(([name, is]) => is(value[name]));
}
