import * as v from "valibot";
import { HTTP_ERROR_CODES } from "../errors.ts";
import { closed } from "./closed.ts";
import { flag, text } from "./common.ts";

/** Answers of what probes and operators ask. */
export const aliveAnswer = closed({ status: v.picklist(["alive", "ready", "not_ready"]) });

/** The status alone for strangers, where a credential is required. */
export const healthAnswer = closed({
  status: v.picklist(["healthy", "unhealthy"]),
  components: v.optional(
    v.pipe(
      v.record(v.string(), v.string()),
      v.description(
        '"wal": "connected" or why not; "sqlite": "ok" or how many tenants are behind; "s3", or "archive" where that is a directory: "ok" or what is being tried again.',
      ),
    ),
  ),
  applier_lag_ms: v.optional(v.number()),
  last_snapshot: v.optional(
    text("When the newest snapshot was made, as in 2024-01-15T00:00:00.000Z; absent: never yet."),
  ),
  version: v.optional(v.string()),
});

export const logAnswer = closed({
  log_id: v.string(),
  topic: v.string(),
  partition: v.number(),
  end_offset: v.pipe(v.number(), v.description("The offset that the next record will have.")),
  applied_offset: v.pipe(
    v.number(),
    v.description("Every record below it is applied, but for tenants that are behind."),
  ),
  checkpoint_offset: v.pipe(v.number(), v.description("A start replays from here.")),
  start_offset: v.pipe(
    v.number(),
    v.description("The oldest record that the log still has; what is older is in the archive."),
  ),
  tenants_behind: v.array(
    closed({
      tenant_id: v.string(),
      trouble: v.picklist(["stalled", "rebuilding", "halted", "building"]),
      offset: v.pipe(v.number(), v.description("The record at which it stands.")),
      message: v.string(),
    }),
  ),
});

/** Without `enabled` there is nothing else to say. */
export const archiveAnswer = closed({
  enabled: flag("False: nothing is archived, and the log is never trimmed."),
  place: v.optional(text('Where to: "s3://bucket", or a directory of the server.')),
  archived_offset: v.optional(
    v.pipe(v.number(), v.description("Every record below it is archived and was read back.")),
  ),
  lag_records: v.optional(v.pipe(v.number(), v.description("Records that are not archived yet."))),
  failure: v.optional(text("What failed and is tried again; absent: all is well.")),
});

export const rebuildAnswer = closed({
  records: v.pipe(v.number(), v.description("Records of the tenant that were applied.")),
  content_hash_before: v.string(),
  content_hash_after: v.string(),
  outcome_digest_before: v.string(),
  outcome_digest_after: v.string(),
});

export const retryAnswer = closed({
  resumed: flag("Whether the tenant is served again."),
  message: v.string(),
});

/** What every refusal is answered with. */
export const errorAnswer = closed({
  error: closed({
    code: v.picklist(HTTP_ERROR_CODES),
    reason: text("Stable; what programs branch on."),
    message: text("One sentence that says what is wrong."),
    hint: v.optional(text("One sentence that says what to do next.")),
    details: v.record(v.string(), v.string()),
    retryable: flag("Whether the same request (same idempotency key) may succeed later."),
    request_id: text("Also the header X-Request-Id."),
  }),
});
