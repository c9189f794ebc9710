import * as v from "valibot";
import { atMost, closed } from "./closed.ts";
import {
  flag,
  identityMembers,
  object,
  positionToken,
  text,
  typeNumber,
  wholeNumber,
} from "./common.ts";
import { appendResult, eventOperations } from "./events.ts";
import { mailboxOperations } from "./mailbox.ts";
import { schemaDocument } from "./schema.ts";
import {
  grantMembers,
  permission,
  principal,
  principalsMember,
  sharingMembers,
} from "./sharing.ts";

/**
 * Transactions as JSON. The older names that some members have (edge_id in create_edge,
 * node_id beside id) stay for ever.
 */
const alias = v.optional(
  text('Letters, digits and underscores. Later operations name it "$alias.id".'),
);
const payload = v.optional(object("Fields by name; null and absent are the same."));
const patch = v.optional(
  object("Fields by name: what is named is set, null clears, the rest stays."),
);
const nodeTypeId = v.optional(typeNumber("The node's type."));
const nodeTypeName = v.optional(text("The type's name, instead of its number."));
const edgeTypeId = v.optional(typeNumber("The edge's type."));
const olderEdgeTypeId = v.optional(typeNumber("Older name of edge_type_id."));
const edgeTypeName = v.optional(text("The edge type's name, instead of its number."));
const end = (what: string) => text(`Id of the node that the edge ${what}, or "$alias.id".`);
const onConflict = (when: string) =>
  v.optional(
    v.pipe(
      v.picklist(["fail", "return_existing"]),
      v.description(`What happens when ${when}. Default: fail.`),
    ),
  );
const expectedVersion = v.optional(
  wholeNumber(1, Number.MAX_SAFE_INTEGER, "The version before this transaction; absent: any."),
);
const proposedId = v.optional(text("Proposed by the client; absent: the server makes one."));
const nodeId = v.optional(text('The node\'s id, or "$alias.id".'));
const nodeNames = {
  id: nodeId,
  node_id: v.optional(text("The same as id.")),
};
const nodeTarget = { ...nodeNames, expected_version: expectedVersion };
const edgeTarget = {
  id: v.optional(text('The edge\'s id, or "$alias.id"; otherwise its type, from and to.')),
  edge_id: v.optional(text("The same as id.")),
  edge_type_id: edgeTypeId,
  edge_type: edgeTypeName,
  from: v.optional(end("leaves")),
  to: v.optional(end("enters")),
};

const createNode = closed({
  op: v.literal("create_node"),
  type_id: nodeTypeId,
  type: nodeTypeName,
  payload,
  alias,
  id: proposedId,
  on_conflict: onConflict("a unique field or key is taken"),
  ...sharingMembers,
});

const updateNode = closed({
  op: v.literal("update_node"),
  ...nodeTarget,
  type_id: nodeTypeId,
  type: nodeTypeName,
  payload: patch,
  preconditions: v.optional(
    object("What fields must hold, by name, as earlier operations left them; null: absent."),
  ),
});

const createEdge = closed({
  op: v.literal("create_edge"),
  edge_type_id: edgeTypeId,
  edge_id: olderEdgeTypeId,
  edge_type: edgeTypeName,
  from: end("leaves"),
  to: end("enters"),
  payload,
  alias,
  id: proposedId,
  on_conflict: onConflict("the edge (type, from, to) is there already"),
});

export const operationShape = v.variant("op", [
  createNode,
  updateNode,
  closed({ op: v.literal("delete_node"), ...nodeTarget }),
  closed({ op: v.literal("restore_node"), ...nodeTarget }),
  closed({ op: v.literal("purge_node"), ...nodeTarget }),
  createEdge,
  closed({ op: v.literal("update_edge"), ...edgeTarget, payload: patch }),
  closed({ op: v.literal("delete_edge"), ...edgeTarget }),
  ...mailboxOperations,
  ...eventOperations,
  closed({
    op: v.literal("register_schema"),
    schema: schemaDocument,
    mode: v.optional(v.picklist(["merge", "replace"])),
  }),
  closed({ op: v.literal("set_visibility"), ...nodeNames, principals: principalsMember }),
  closed({ op: v.literal("grant"), ...nodeNames, ...grantMembers }),
  closed({
    op: v.literal("revoke"),
    ...nodeNames,
    principal,
    permission: v.optional(
      v.pipe(permission, v.description("Only this one. Absent: all that the principal holds.")),
    ),
  }),
]);

export type JsonOperation = v.InferOutput<typeof operationShape>;
export type JsonCreateNode = v.InferOutput<typeof createNode>;
export type JsonUpdateNode = v.InferOutput<typeof updateNode>;
export type JsonCreateEdge = v.InferOutput<typeof createEdge>;
/** How an operation names the edge it is about. */
export type JsonEdgeTarget = Pick<
  Extract<JsonOperation, { op: "update_edge" }>,
  keyof typeof edgeTarget
>;

export const atomicRequest = closed({
  ...identityMembers,
  idempotency_key: v.optional(
    text("1 to 256 bytes; also as header Idempotency-Key; absent: the server makes one."),
  ),
  operations: v.pipe(
    v.array(operationShape),
    v.minLength(1),
    atMost("operationsPerTransaction"),
    v.description("All or nothing, in their order; later ones see what earlier ones did."),
  ),
  wait: v.optional(
    v.pipe(
      v.picklist(["applied", "durable"]),
      v.description(
        "applied (the default): answer when the outcome is known and can be read. durable: as soon as the log has it, with ids and position but no versions.",
      ),
    ),
  ),
  schema_fingerprint: v.optional(
    text("The schema that the client was written against; unknown: SCHEMA_UNKNOWN."),
  ),
  schema: v.optional(schemaDocument),
});

const operationResult = closed({
  node_id: v.optional(text("The node that the operation was about.")),
  edge_id: v.optional(text("The edge that the operation was about.")),
  alias: v.optional(text("As in the request.")),
  version: v.optional(
    wholeNumber(1, Number.MAX_SAFE_INTEGER, "The node's version after the transaction."),
  ),
  created: flag("Whether a create made something, or answered with what was there."),
  append: v.optional(appendResult),
});

const schemaDifferences = v.array(
  closed({
    path: text("The place, in words."),
    kept: text("What the tenant has, and keeps."),
    sent: text("What the request said."),
  }),
);

const walPosition = text('For people: "0:12345".');

export const atomicAnswer = closed({
  results: v.array(operationResult),
  wal_position: walPosition,
  position_token: positionToken,
  applied: flag("False with wait durable: ask GET /v1/receipts for the outcome."),
  idempotency_key: text("The key in force, also when the server made it."),
  schema_differences: v.optional(schemaDifferences),
});

export const receiptAnswer = closed({
  state: v.picklist(["unknown", "pending", "applied", "rejected"]),
  results: v.optional(v.array(operationResult)),
  rejection: v.optional(
    closed({
      code: text("As in an error's envelope."),
      reason: text("As in an error's envelope."),
      message: text("One sentence."),
      hint: v.optional(text("What to do.")),
      details: v.record(v.string(), v.string()),
    }),
  ),
  wal_position: v.optional(walPosition),
  position_token: v.optional(positionToken),
  applied_at: v.optional(v.number()),
});
