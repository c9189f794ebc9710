import * as v from "valibot";
import { closed } from "./closed.ts";
import { text } from "./common.ts";

/** Whose snapshot is to be made. */
export const snapshotRequest = closed({
  tenant_id: v.optional(text("Left out: every tenant, and the catalog (`_system`).")),
});

export const snapshotsAnswer = closed({
  snapshots: v.array(
    closed({
      snapshot_id: text("snap_ and the time at which it was begun."),
      tenant_id: v.string(),
      created_at: v.pipe(v.number(), v.description("Unix milliseconds.")),
      wal_position: text("The tenant's last record that is in it; empty: none."),
      log_time: v.pipe(
        v.number(),
        v.description("Log time of that record, Unix milliseconds; 0: none."),
      ),
      bytes: v.pipe(v.number(), v.description("Of its files.")),
      schema_fingerprint: text("Of the tenant's schema; empty: it has none."),
    }),
  ),
});
