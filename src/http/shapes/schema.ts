import * as v from "valibot";
import { PERMISSIONS } from "../../schema/types.ts";
import { FIELD_KINDS } from "../../schema/value.ts";
import { closed } from "./closed.ts";
import {
  flag,
  identityMembers,
  jsonList,
  jsonValue,
  object,
  positionToken,
  text,
  typeNumber,
} from "./common.ts";

/**
 * The form of a schema. What a request says is read by `schema/schema-json.ts`, which
 * names the place of what is wrong in the terms of a schema; these shapes document that
 * form, and a test holds the two together.
 */
export const schemaField = closed({
  field_id: typeNumber("Identity, for ever."),
  name: text("For display; a letter, then letters, digits and underscores."),
  kind: v.picklist(FIELD_KINDS),
  required: v.optional(flag("Default: false.")),
  default: v.optional(jsonValue),
  enum_values: v.optional(v.array(v.string())),
  deprecated: v.optional(flag("Default: false.")),
  unique: v.optional(flag("No two live nodes of the type hold the same value.")),
  indexed: v.optional(flag("Queries may use the field without a scan.")),
  searchable: v.optional(flag("Default: false.")),
  description: v.optional(v.string()),
  ref_type_id: v.optional(typeNumber("Kind ref only: the type that a target must have.")),
});

export const schemaNodeType = closed({
  type_id: typeNumber("Identity, for ever."),
  name: text("For display."),
  description: v.optional(v.string()),
  deprecated: v.optional(flag("Default: false.")),
  fields: v.optional(v.array(schemaField)),
  unique_keys: v.optional(
    v.array(
      closed({
        key_id: typeNumber("Identity, for ever."),
        name: text("For display."),
        field_ids: v.array(v.number()),
      }),
    ),
  ),
  default_grants: v.optional(
    v.array(
      closed({
        principal: text('"role:editor", "tenant:*", …'),
        permission: v.picklist(PERMISSIONS),
      }),
    ),
  ),
  reserved_field_ids: v.optional(v.array(v.number())),
});

export const schemaEdgeType = closed({
  edge_type_id: typeNumber("Identity, for ever."),
  name: text("For display."),
  from_type_id: v.optional(typeNumber("The type of the nodes that edges leave; absent: any.")),
  to_type_id: v.optional(typeNumber("The type of the nodes that edges enter; absent: any.")),
  description: v.optional(v.string()),
  deprecated: v.optional(flag("Default: false.")),
  unique_per_from: v.optional(flag("At most one edge of this type leaves a node.")),
  fields: v.optional(v.array(schemaField)),
  reserved_field_ids: v.optional(v.array(v.number())),
});

const typeLists = {
  node_types: v.optional(v.array(schemaNodeType)),
  edge_types: v.optional(v.array(schemaEdgeType)),
  reserved_type_ids: v.optional(v.array(v.number())),
  reserved_edge_type_ids: v.optional(v.array(v.number())),
};

const schemaMode = v.optional(
  v.pipe(
    v.picklist(["merge", "replace"]),
    v.description(
      "merge (the default): types, fields and enum values are added, nothing goes. replace: the schema becomes what is sent, and what is absent is removed.",
    ),
  ),
);

export const nodeTypeList = v.pipe(jsonList, v.description("Node types."));
export const edgeTypeList = v.pipe(jsonList, v.description("Edge types."));
const reservedIds = v.pipe(jsonList, v.description("Numbers that are never to be used again."));

/** What `schemaFormOf` in `routes/schema.ts` takes for a schema. */
const schemaMembers = {
  node_types: v.optional(nodeTypeList),
  edge_types: v.optional(edgeTypeList),
  reserved_type_ids: v.optional(reservedIds),
  reserved_edge_type_ids: v.optional(reservedIds),
};

/** A whole schema inside a request, read by `decodeSchema`; documented as {@link schemaForm}. */
export const schemaDocument = object("Types to merge into the tenant's schema.");
export const schemaForm = closed(typeLists);

export const registerRequest = closed({
  ...identityMembers,
  idempotency_key: v.optional(text("As of a transaction; also as header Idempotency-Key.")),
  mode: schemaMode,
  ...schemaMembers,
});

export const checkRequest = closed({
  ...identityMembers,
  mode: schemaMode,
  ...schemaMembers,
});

const COMPATIBILITIES = ["safe", "data_dependent", "breaking"] as const;

const differences = v.pipe(
  v.array(closed({ path: v.string(), kept: v.string(), sent: v.string() })),
  v.description("Where a merge leaves the tenant's definition though the one sent differs."),
);

export const checkAnswer = closed({
  compatible: flag("False when a change is breaking: registering would be refused."),
  changes: v.array(
    closed({
      change: text('Stable: "field_removed", "kind_changed", …'),
      path: text('For people: "node type 2 (Task) field 3 (status)".'),
      compatibility: v.pipe(
        v.picklist(COMPATIBILITIES),
        v.description(
          "safe: always possible. data_dependent: decided by the nodes that are there, when it is registered. breaking: refused.",
        ),
      ),
      message: v.string(),
      hint: v.optional(text("For what is breaking: the safe way to what is wanted.")),
    }),
  ),
  differences,
  fingerprint_now: text("Of the tenant's schema."),
  fingerprint_then: text("Of what it would become."),
});

export const registerAnswer = closed({
  fingerprint: text("Of the tenant's schema now."),
  changed: flag("False when the tenant's schema is as it was."),
  differences,
  wal_position: text('For people: "0:12345".'),
  position_token: positionToken,
});

export const schemaAnswer = closed({
  fingerprint: text('"sha256:" and 64 hexadecimal digits.'),
  ...typeLists,
  former_names: v.optional(
    v.pipe(
      v.array(
        closed({
          type_id: v.optional(typeNumber("The node type, or the one that has the field.")),
          edge_type_id: v.optional(typeNumber("The edge type, or the one that has the field.")),
          field_id: v.optional(typeNumber("Absent: the name was the type's own.")),
          name: text("Understood until it is used again."),
        }),
      ),
      v.description("Names from before a rename. Ignored when it is sent."),
    ),
  ),
  locked: v.optional(flag("Only who holds the right schema may change it.")),
  build: v.optional(
    v.pipe(
      closed({
        wal_position: text('For people: "0:12345".'),
        step: text('For people: "index of field 3 (status) of node type 2 (Task)".'),
        rows_done: v.number(),
        rows_total: v.number(),
      }),
      v.description("Present while a schema is being applied to the nodes that are there."),
    ),
  ),
});
