import type { Edge } from "../record/graph.ts";
import type { CompiledEdgeType } from "../schema/registry.ts";
import type { Field } from "../schema/types.ts";
import { type EdgeKey, leavingEnd, placeOfEdge } from "../store/reader/row-walk.ts";
import { withDefaults, withoutNew } from "./build-nodes.ts";
import { type BuildPass, walkPass } from "./build-pass.ts";
import { edgesRemain, severalEdges } from "./build-refusals.ts";
import type { GraphStatements } from "./scope.ts";

/** An edge type on its way from one schema to the next. */
export interface EvolvingEdgeType {
  readonly before: CompiledEdgeType;
  /** Fields whose default is written into edges that lack them; ascending. */
  readonly filled: readonly Field[];
}

/**
 * Refuses to go on when there is an edge, hidden or not, of a type that is being removed, or a
 * node that several edges leave of a type that allows one. Edges lie in the order of the node
 * that they leave and of their type, so those would be neighbours.
 */
export function checkEdges(
  graph: GraphStatements,
  removed: ReadonlyMap<number, CompiledEdgeType>,
  limited: ReadonlyMap<number, CompiledEdgeType>,
): BuildPass {
  const { rows } = graph;
  const types = [...removed.values(), ...limited.values()].map(({ table }) => table.label);
  return walkPass<EdgeKey>({
    words: `edges of ${types.join(", ")}`,
    count: (after, limit) => rows.countEdges(after, limit),
    page: (after, limit) => rows.edgeKeys(after, limit),
    placeOf: placeOfEdge,
    visit: ({ edgeTypeId, fromId }, { after }) => {
      const gone = removed.get(edgeTypeId);
      if (gone !== undefined) throw edgesRemain(gone);
      const single = limited.get(edgeTypeId);
      if (single === undefined) return;
      const last = leavingEnd(after);
      if (last?.edgeTypeId === edgeTypeId && last.fromId === fromId) throw severalEdges(single);
    },
  });
}

/** Writes defaults into edges that lack the field, hidden ones included. Their times stay. */
export function fillEdges(
  graph: GraphStatements,
  types: ReadonlyMap<number, EvolvingEdgeType>,
): BuildPass {
  const { rows, edgeWriter } = graph;
  const labels = [...types.values()].map(({ before }) => before.table.label);
  return walkPass<Edge>({
    words: `defaults of ${labels.join(", ")}`,
    count: (after, limit) => rows.countEdges(after, limit),
    page: (after, limit) => rows.edges(after, limit),
    placeOf: placeOfEdge,
    visit: (edge) => {
      const type = types.get(edge.edgeTypeId);
      if (type === undefined) return;
      const fields = withDefaults(edge.fields, type.filled);
      if (fields !== edge.fields) edgeWriter.update({ ...edge, fields });
    },
    takeBack: (edge) => {
      const type = types.get(edge.edgeTypeId);
      if (type === undefined) return;
      const fields = withoutNew(edge.fields, type.filled, type.before);
      if (fields !== edge.fields) edgeWriter.update({ ...edge, fields });
    },
  });
}
