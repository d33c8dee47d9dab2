/**
 * Milliseconds after which a trigger retries an unfinished link. All triggers use it, and runs that they start
 * (`--will-repeat`) rely on it.
 */
export const triggerInterval = 900_000;
