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

/** A whole schema inside a request, read by `decodeSchema`; documented as {@link schemaForm}. */
export const schemaDocument = object("Types to merge into the tenant's schema.");
export const schemaForm = closed(typeLists);

export const nodeTypeList = v.pipe(jsonList, v.description("Node types."));
export const edgeTypeList = v.pipe(jsonList, v.description("Edge types."));

export const registerRequest = closed({
  ...identityMembers,
  idempotency_key: v.optional(text("As of a transaction; also as header Idempotency-Key.")),
  mode: v.optional(
    v.pipe(
      v.picklist(["merge", "replace"]),
      v.description(
        "merge (the default): types, fields and enum values are added. replace: not in this version.",
      ),
    ),
  ),
  node_types: v.optional(nodeTypeList),
  edge_types: v.optional(edgeTypeList),
});

export const registerAnswer = closed({
  fingerprint: text("Of the tenant's schema after the merge."),
  changed: flag("False when the tenant's schema already held everything sent."),
  differences: v.array(closed({ path: v.string(), kept: v.string(), sent: v.string() })),
  wal_position: text('For people: "0:12345".'),
  position_token: positionToken,
});

export const schemaAnswer = closed({
  fingerprint: text('"sha256:" and 64 hexadecimal digits.'),
  ...typeLists,
});
