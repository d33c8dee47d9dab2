import manifest from "../package.json" with { type: "json" };

declare const buildCommit: string | undefined;

export const version: string = manifest.version;

/** The source's commit that the executable was built from; undefined if the program runs from its sources. */
export const commit: string | undefined = typeof buildCommit === "undefined" ? undefined : buildCommit;
