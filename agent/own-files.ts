/** Names of what the program itself keeps in its state folder. */
export const stateFileName = "state.json";
export const lockFileName = "lock";

/** Under which a file is written before it is renamed over the one at `path`. */
export const unfinished = (path: string): string => `${path}.new`;

/** Where a log that has grown large is put aside. */
export const putAside = (logFile: string): string => `${logFile}.1`;
