/**
 * What it does: V8 only interprets and starts no compiler: a run of about 20 ms would not gain from one. Its space for
 * new objects starts with 4 MB instead of 1 MB, so that a link ends before it is full. Relies on: V8's flags; a snapshot, which is made with the same ones. V8 refuses Node's own compiled code under other flags than
 * the build's, so without a snapshot they would cost more than they gain. Check: V8 ends at a flag that it does not
 * know.
 */
export const forShortRuns = ["--max-opt=0", "--no-sparkplug", "--min-semi-space-size=4"] as const;

/** Has V8 compile again, for a command that computes for long. */
export const compileAgain = ["--max-opt=999", "--sparkplug"] as const;
