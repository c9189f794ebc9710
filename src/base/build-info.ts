import manifest from "../../package.json" with { type: "json" };

// Put in by the build (scripts/build.ts); absent when run from source.
declare const ENTDB_BUILD_COMMIT: string | undefined;

/** What this program is: its version, and the commit it was built from ("source" when it was not built). */
export const buildInfo: { readonly version: string; readonly commit: string } = Object.freeze({
  version: manifest.version,
  commit: typeof ENTDB_BUILD_COMMIT === "string" ? ENTDB_BUILD_COMMIT : "source",
});
