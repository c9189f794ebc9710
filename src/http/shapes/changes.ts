import * as v from "valibot";
import { CHANGE_KINDS } from "../../record/change.ts";
import { closed } from "./closed.ts";
import { text, typeNumber, unixMs, wholeNumber } from "./common.ts";
import { nodeShape } from "./graph.ts";

/** One change. What a kind has not is left out. */
const changeShape = closed({
  kind: v.picklist(CHANGE_KINDS),
  actor: text("Who did it."),
  changed_at: unixMs,
  node_id: v.optional(v.string()),
  type_id: v.optional(typeNumber("Of the node.")),
  version: v.optional(wholeNumber(0, Number.MAX_SAFE_INTEGER, "The node's, after the change.")),
  edge_id: v.optional(v.string()),
  edge_type_id: v.optional(typeNumber("Of the edge.")),
  from_id: v.optional(v.string()),
  to_id: v.optional(v.string()),
  node: v.optional(nodeShape),
});

/** The data of an event `change` or `heartbeat`; the event's id is the position token. */
export const changesEvent = closed({
  changes: v.pipe(
    v.array(changeShape),
    v.description("What one transaction changed; empty in a heartbeat."),
  ),
  wal_position: text("Everything up to and including it has been sent."),
});
