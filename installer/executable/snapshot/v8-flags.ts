/**
 * What it does: V8 only interprets and starts no compiler: a run of about 20 ms would not gain from one. Relies on:
 * V8's flags; a snapshot, which is made with the same ones. V8 refuses Node's own compiled code under other flags than
 * the build's, so without a snapshot they would cost more than they gain. Check: V8 ends at a flag that it does not
 * know.
 */
export const interpretOnly = ["--max-opt=0", "--no-sparkplug"] as const;

/** Undoes that, for a command that computes for long. */
export const compileAgain = ["--max-opt=999", "--sparkplug"] as const;
