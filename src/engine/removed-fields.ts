import type { Edge, Node } from "../record/graph.ts";
import type { SchemaRegistry } from "../schema/registry.ts";
import type { Fields } from "../schema/value.ts";

/**
 * A field that was removed leaves its values in the rows: nothing is rewritten for it. They are
 * left out of every answer here, for all faces. A number is known to be of a removed field by
 * being reserved, which it stays for ever; one that a schema merely does not know yet is not.
 */

/** What answers hold nodes and edges in. */
interface Answer {
  readonly node?: Node;
  readonly nodes?: readonly (Node | { readonly node: Node })[];
  readonly edges?: readonly Edge[];
  readonly hits?: readonly { readonly node: Node }[];
}

/** The answer without the values of removed fields; the answer itself where the schema has removed none. */
export function withoutRemovedFields<T extends object>(registry: SchemaRegistry, answer: T): T {
  if (!registry.hasRemovedFields) return answer;
  const { node, nodes, edges, hits } = answer as Answer;
  return {
    ...answer,
    ...(node && { node: nodeOf(registry, node) }),
    ...(nodes && { nodes: nodes.map((item) => itemOf(registry, item)) }),
    ...(edges && { edges: edges.map((edge) => edgeOf(registry, edge)) }),
    ...(hits && { hits: hits.map((hit) => ({ ...hit, node: nodeOf(registry, hit.node) })) }),
  };
}

function itemOf(registry: SchemaRegistry, item: Node | { readonly node: Node }) {
  return "node" in item ? { ...item, node: nodeOf(registry, item.node) } : nodeOf(registry, item);
}

function nodeOf(registry: SchemaRegistry, node: Node): Node {
  const removed = registry.findNodeType(node.typeId)?.reservedFieldIds ?? [];
  const fields = without(node.fields, removed);
  return fields === node.fields ? node : { ...node, fields };
}

function edgeOf(registry: SchemaRegistry, edge: Edge): Edge {
  const removed = registry.findEdgeType(edge.edgeTypeId)?.reservedFieldIds ?? [];
  const fields = without(edge.fields, removed);
  return fields === edge.fields ? edge : { ...edge, fields };
}

function without(fields: Fields, removed: readonly number[]): Fields {
  if (!removed.some((fieldId) => fields.has(fieldId))) return fields;
  const shown = new Map(fields);
  for (const fieldId of removed) shown.delete(fieldId);
  return shown;
}
