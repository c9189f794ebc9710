import type { Node } from "../record/graph.ts";
import type { CompiledNodeType } from "../schema/registry.ts";
import type { Field } from "../schema/types.ts";
import type { Fields, Value } from "../schema/value.ts";
import { type BuildPass, walkPass } from "./build-pass.ts";
import { nodesRemain, notUnique } from "./build-refusals.ts";
import type { NodeFollower } from "./effects.ts";
import { addEntry, type Entry, entriesOf, isSameEntry, removeEntry } from "./index-entries.ts";
import type { GraphStatements } from "./scope.ts";

/** A node type on its way from one schema to the next. */
export interface EvolvingNodeType {
  readonly before: CompiledNodeType;
  readonly after: CompiledNodeType;
  /** Fields whose default is written into nodes that lack them; ascending. */
  readonly filled: readonly Field[];
}

/** Refuses to go on when a node of the type is there, live or deleted. */
export function requireNoNodes(graph: GraphStatements, type: CompiledNodeType): BuildPass {
  return nodePass(graph, type.typeId, true, {
    words: `nodes of ${type.table.label}`,
    visit: () => {
      throw nodesRemain(type);
    },
  });
}

/**
 * Adds the entries that live nodes lack in the indexes of the new schema, as they will be with
 * defaults filled in. Entries that only the old schema has stay: its readers need them.
 */
export function indexNodes(graph: GraphStatements, type: EvolvingNodeType): BuildPass {
  const { before, after } = type;
  const { typeId } = after;
  const added = (node: Node): Entry[] => {
    const old = entriesOf(before, node.fields);
    const wanted = entriesOf(after, withDefaults(node.fields, type.filled));
    return wanted.filter((entry) => !old.some((other) => isSameEntry(entry, other)));
  };
  return nodePass(graph, typeId, false, {
    words: `indexes of ${after.table.label}`,
    visit: (node) => {
      const entries = added(node);
      const taken = entries.find(
        ({ unique, keyId, value }) =>
          unique && graph.nodes.findIdByUnique(typeId, keyId, value) !== undefined,
      );
      if (taken !== undefined) throw notUnique(before, after, taken);
      for (const entry of entries) addEntry(graph, typeId, node.id, entry);
    },
    takeBack: (node) => {
      for (const entry of added(node)) removeEntry(graph, typeId, node.id, entry);
    },
  });
}

/**
 * Writes defaults into nodes that lack the field, deleted ones included. Versions and times
 * stay: nobody has changed the node. Only what no node can have held before is taken back.
 */
export function fillNodes(graph: GraphStatements, type: EvolvingNodeType): BuildPass {
  const { before, after, filled } = type;
  const names = filled.map(({ name }) => name).join(", ");
  return nodePass(graph, after.typeId, true, {
    words: `defaults (${names}) of ${after.table.label}`,
    visit: (node) => {
      const fields = withDefaults(node.fields, filled);
      if (fields !== node.fields) graph.nodeWriter.update({ ...node, fields });
    },
    takeBack: (node) => {
      const fields = withoutNew(node.fields, filled, before);
      if (fields !== node.fields) graph.nodeWriter.update({ ...node, fields });
    },
  });
}

/** Shows every live node of the type to a follower. `what` is what it keeps: "words". */
export function followNodes(
  graph: GraphStatements,
  type: EvolvingNodeType,
  what: string,
  follower: NodeFollower,
): BuildPass {
  return nodePass(graph, type.after.typeId, false, {
    words: `${what} of ${type.after.table.label}`,
    prepare: () => follower.prepare(),
    visit: (node) => follower.visit({ ...node, fields: withDefaults(node.fields, type.filled) }),
    takeBack: (node) => follower.takeBack(node),
  });
}

function nodePass(
  graph: GraphStatements,
  typeId: number,
  withDeleted: boolean,
  work: {
    readonly words: string;
    readonly prepare?: () => void;
    readonly visit: (node: Node) => void;
    readonly takeBack?: (node: Node) => void;
  },
): BuildPass {
  const { rows } = graph;
  return walkPass<Node>({
    count: (after, limit) => rows.countNodes(typeId, withDeleted, after, limit),
    page: (after, limit) => rows.nodes(typeId, withDeleted, after, limit),
    placeOf: (node) => node.id,
    ...work,
  });
}

/** The fields with the defaults of those that are missing; the same map when none is. */
export function withDefaults(fields: Fields, filled: readonly Field[]): Fields {
  const missing = filled.filter(({ fieldId }) => !fields.has(fieldId));
  if (missing.length === 0) return fields;
  const complete = new Map<number, Value>(fields);
  for (const { fieldId, defaultValue } of missing) {
    if (defaultValue !== undefined) complete.set(fieldId, defaultValue);
  }
  return new Map([...complete].sort((a, b) => a[0] - b[0]));
}

/**
 * The fields without those that are filled. Throws for a field that the old schema has: which
 * rows held the value before nobody knows any more. Such a change is the only operation of its
 * transaction, and what could refuse it has been asked before the first row was filled.
 */
export function withoutNew(
  fields: Fields,
  filled: readonly Field[],
  before: { readonly table: { find(fieldId: number): Field | undefined } },
): Fields {
  if (!filled.some(({ fieldId }) => fields.has(fieldId))) return fields;
  const left = new Map<number, Value>(fields);
  for (const { fieldId } of filled) {
    if (before.table.find(fieldId) !== undefined) {
      throw new Error(`field ${fieldId} was filled, and cannot be emptied again`);
    }
    left.delete(fieldId);
  }
  return left;
}
