/** Of the reasons that came with the event store (`reason-texts.ts`). */
import { text } from "./reason-text.ts";

export const EVENT_REASON_TEXTS = {
  CONCURRENCY_CONFLICT: text(
    "aborted",
    "The aggregate does not stand where the append expects it; nothing was appended.",
    "Read the aggregate again, decide again, and append at the head that the details name.",
  ),
  NONCE_NOT_CONSECUTIVE: text(
    "invalid_argument",
    "The events are not numbered on from the aggregate's head; the store never renumbers.",
    "Number the events head + 1, head + 2, and so on.",
  ),
  AGGREGATE_TYPE_MISMATCH: text(
    "invalid_argument",
    "The aggregate exists with another type, which it keeps.",
    "Send the type that the details name, or choose another aggregate id.",
  ),
  EVENT_ALREADY_EXISTS: text(
    "already_exists",
    "Another event of the tenant has this event id; nothing was appended.",
    "Give each event an id of its own, such as a UUID.",
  ),
  APPEND_CONDITION_FAILED: text(
    "aborted",
    "An event that the append must not follow on has been appended; nothing was appended.",
    "Read the events that the condition is about, decide again, and name the last one read.",
  ),
  AGGREGATE_NOT_FOUND: text(
    "not_found",
    "There is no aggregate with this id, or none that the caller may read.",
    "Check the id; an aggregate exists from its first event on.",
  ),
  CHECKPOINT_CONFLICT: text(
    "aborted",
    "The consumer's checkpoint does not stand where the transaction expects it; nothing was done.",
    "Read the checkpoint, and go on behind it: what lies before it is done.",
  ),
} as const;
