/**
 * Milliseconds after which a trigger retries an unfinished link. All triggers are set so, and runs that they start
 * (`--will-repeat`) count on it.
 */
export const triggerInterval = 900_000;
