import type { JsonWritable } from "../../base/json-write.ts";
import type { Change } from "../../engine/changes.ts";
import type { SchemaRegistry } from "../../schema/registry.ts";
import { nodeToJson } from "./graph.ts";

/** A change, without what its kind has not. */
export function changeToJson(
  registry: SchemaRegistry,
  tenantId: string,
  change: Change,
): JsonWritable {
  const { kind, actor, changedAt, nodeId, edgeId, node } = change;
  const done = { kind, actor, changed_at: changedAt };
  if (nodeId !== "") {
    const { typeId, version } = change;
    return {
      ...done,
      node_id: nodeId,
      type_id: typeId,
      version,
      node: node === undefined ? undefined : nodeToJson(registry, tenantId, node),
    };
  }
  if (edgeId === "") return done;
  const { edgeTypeId, fromId, toId } = change;
  return { ...done, edge_id: edgeId, edge_type_id: edgeTypeId, from_id: fromId, to_id: toId };
}
