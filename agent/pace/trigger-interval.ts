/**
 * Milliseconds after which a trigger comes back to a link that was not made. All triggers are set so, and runs that
 * they start (`--will-repeat`) count on it.
 */
export const triggerInterval = 900_000;
