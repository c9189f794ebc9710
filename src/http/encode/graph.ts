import type { JsonWritable } from "../../base/json-write.ts";
import type { Grant } from "../../record/access.ts";
import type { Edge, Node } from "../../record/graph.ts";
import { FieldTable, type SchemaRegistry } from "../../schema/registry.ts";
import { fieldsToJson } from "../../schema/value-json.ts";

/** For a type that the schema does not know: fields stand under their numbers, nothing is left out. */
const NO_FIELDS = new FieldTable("an unknown type", [], []);

export function nodeToJson(registry: SchemaRegistry, tenantId: string, node: Node): JsonWritable {
  const table = registry.findNodeType(node.typeId)?.table ?? NO_FIELDS;
  return {
    id: node.id,
    type_id: node.typeId,
    tenant_id: tenantId,
    payload: fieldsToJson(table, node.fields),
    owner_actor: node.ownerActor,
    created_at: node.createdAt,
    updated_at: node.updatedAt,
    deleted: node.deleted,
    version: node.version,
  };
}

export function edgeToJson(registry: SchemaRegistry, edge: Edge): JsonWritable {
  const table = registry.findEdgeType(edge.edgeTypeId)?.table ?? NO_FIELDS;
  return {
    id: edge.id,
    edge_type_id: edge.edgeTypeId,
    from_id: edge.fromId,
    to_id: edge.toId,
    payload: fieldsToJson(table, edge.fields),
    created_at: edge.createdAt,
    updated_at: edge.updatedAt,
  };
}

/** Without an end, `expires_at` is left out. */
export function grantToJson({ principal, permission, expiresAt }: Grant): JsonWritable {
  return { principal, permission, ...(expiresAt !== 0 && { expires_at: expiresAt }) };
}
