import * as v from "valibot";
import { limits } from "../../base/limits.ts";
import { atMost, closed } from "./closed.ts";
import {
  flag,
  freshnessMembers,
  identityMembers,
  jsonObject,
  text,
  typeNumber,
  unixMs,
  wholeNumber,
} from "./common.ts";

/** Nodes and edges as JSON, and pages of them. Members are only ever added. */
const payload = v.pipe(jsonObject, v.description("Fields by name. Absent fields are left out."));

export const nodeShape = closed({
  id: text('"nd_" and 26 characters.'),
  type_id: typeNumber("The node's type."),
  tenant_id: v.string(),
  payload,
  owner_actor: text("Who created it."),
  created_at: unixMs,
  updated_at: unixMs,
  deleted: v.boolean(),
  version: wholeNumber(
    1,
    Number.MAX_SAFE_INTEGER,
    "Raised once by every transaction that updates, deletes or restores the node.",
  ),
});

export const edgeShape = closed({
  id: text('"ed_" and 26 characters.'),
  edge_type_id: typeNumber("The edge's type."),
  from_id: v.string(),
  to_id: v.string(),
  payload,
  created_at: unixMs,
  updated_at: unixMs,
});

const nextCursor = v.nullable(
  text("Hand it back as cursor for the next page; null when this is the last."),
);
const hasMore = flag("Whether another page follows.");

export const nodePageAnswer = closed({
  nodes: v.array(nodeShape),
  total_count: v.optional(
    v.nullable(v.pipe(v.number(), v.description("Of all matches; null: see the reason."))),
  ),
  total_count_absent_reason: v.optional(v.string()),
  next_cursor: nextCursor,
  has_more: hasMore,
});

export const getNodesRequest = closed({
  ...identityMembers,
  ...freshnessMembers,
  ids: v.pipe(v.array(v.string()), v.minLength(1), atMost("idsPerGet")),
  include_deleted: v.optional(flag("Default: false.")),
});

export const getNodesAnswer = closed({
  nodes: v.pipe(v.array(nodeShape), v.description("In the order of the ids asked for.")),
  missing_ids: v.array(v.string()),
});

export const countAnswer = closed({ count: v.number() });

export const edgePageAnswer = closed({
  edges: v.pipe(v.array(edgeShape), v.description("By edge type, then by the other end's id.")),
  nodes: v.optional(
    v.pipe(v.array(nodeShape), v.description("With with_nodes: the other ends, each once.")),
  ),
  next_cursor: nextCursor,
  has_more: hasMore,
});

export const connectedPageAnswer = closed({
  nodes: v.pipe(
    v.array(
      closed({
        distance: wholeNumber(1, limits.walkDepth, "Edges on the shortest way."),
        node: nodeShape,
      }),
    ),
    v.description("By distance, then by id, each once."),
  ),
  next_cursor: nextCursor,
  has_more: hasMore,
});
