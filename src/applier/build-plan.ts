import type { RejectedOutcome } from "../record/outcome.ts";
import type { BuildStep } from "../schema/build-step.ts";
import type { CompiledEdgeType, SchemaRegistry } from "../schema/registry.ts";
import type { Field } from "../schema/types.ts";
import { compositeKeyId } from "../store/index-value.ts";
import type { BuildState, DroppedIndex, HiddenField } from "../store/reader/build-reader.ts";
import { checkEdges, type EvolvingEdgeType, fillEdges } from "./build-edges.ts";
import {
  type EvolvingNodeType,
  fillNodes,
  followNodes,
  indexNodes,
  requireNoNodes,
} from "./build-nodes.ts";
import { type BuildPass, endlessSlice } from "./build-pass.ts";
import type { GraphStatements } from "./scope.ts";

/**
 * The passes by which existing rows are brought to a new schema. Those that may refuse come
 * first, then whatever adds rows of indexes, then what is written into nodes and edges. The
 * same two schemas give the same plan, so that a crash can go on in it.
 *
 * `drops` are left for when the new schema is in force: until then readers use those indexes.
 */
export interface BuildPlan {
  readonly passes: readonly BuildPass[];
  readonly drops: readonly DroppedIndex[];
  /** Fields that readers must not see before the new schema is in force. */
  readonly hidden: readonly HiddenField[];
}

/** Thrown where a schema needs more of the existing rows than one record's transaction may do. Control flow of the applier, never seen outside it. */
export class BuildNeeded extends Error {
  override readonly name = "BuildNeeded";
  readonly plan: BuildPlan;

  constructor(plan: BuildPlan) {
    super("a schema is to be applied to existing rows in slices");
    this.plan = plan;
  }
}

/** Thrown to roll back a record whose schema is built, but which is refused all the same. Control flow, as above. */
export class BuildRefused extends Error {
  override readonly name = "BuildRefused";
  readonly rejection: RejectedOutcome;
  readonly replaced: BuildState["replaced"];

  constructor(rejection: RejectedOutcome, replaced: BuildState["replaced"]) {
    super("a record is refused whose schema was built");
    this.rejection = rejection;
    this.replaced = replaced;
  }
}

/** The passes of a change of schema whose steps are these (`evolveSchema`). */
export function planBuild(
  graph: GraphStatements,
  before: SchemaRegistry,
  after: SchemaRegistry,
  steps: readonly BuildStep[],
): BuildPlan {
  const found = new FoundSteps(before, after);
  for (const step of steps) found.add(step);
  return { passes: found.passes(graph, after), drops: found.drops, hidden: found.hidden };
}

/** Steps put together, so that no row is looked at twice for the same end. */
class FoundSteps {
  readonly drops: DroppedIndex[] = [];
  readonly hidden: HiddenField[] = [];
  readonly #before: SchemaRegistry;
  readonly #after: SchemaRegistry;
  readonly #emptied: number[] = [];
  readonly #removedEdges = new Map<number, CompiledEdgeType>();
  readonly #limitedEdges = new Map<number, CompiledEdgeType>();
  readonly #checked = new Set<number>();
  readonly #indexed = new Set<number>();
  readonly #searched = new Set<number>();
  readonly #filledNodes = new Map<number, Field[]>();
  readonly #filledEdges = new Map<number, Field[]>();

  constructor(before: SchemaRegistry, after: SchemaRegistry) {
    this.#before = before;
    this.#after = after;
  }

  add(step: BuildStep): void {
    switch (step.kind) {
      case "require_no_nodes":
        this.#emptied.push(step.typeId);
        return;
      case "require_no_edges":
        this.#removedEdges.set(step.edgeTypeId, this.#before.edgeType(step.edgeTypeId));
        return;
      case "unique_per_from":
        this.#limitedEdges.set(step.edgeTypeId, this.#after.edgeType(step.edgeTypeId));
        return;
      case "unique_field":
      case "unique_key":
        this.#checked.add(step.typeId);
        return;
      case "index_field":
        this.#indexed.add(step.typeId);
        return;
      case "search_type":
        this.#searched.add(step.typeId);
        return;
      case "fill_node_default": {
        const field = this.#after.nodeType(step.typeId).table.get(step.fieldId);
        addTo(this.#filledNodes, step.typeId, field);
        const { typeId, fieldId } = step;
        const isNew = this.#before.nodeType(typeId).table.find(fieldId) === undefined;
        if (isNew) this.hidden.push({ of: "node", typeId, fieldId });
        return;
      }
      case "fill_edge_default": {
        const field = this.#after.edgeType(step.edgeTypeId).table.get(step.fieldId);
        addTo(this.#filledEdges, step.edgeTypeId, field);
        const { edgeTypeId: typeId, fieldId } = step;
        const isNew = this.#before.edgeType(typeId).table.find(fieldId) === undefined;
        if (isNew) this.hidden.push({ of: "edge", typeId, fieldId });
        return;
      }
      case "drop_unique_field":
        this.drops.push({ unique: true, typeId: step.typeId, keyId: step.fieldId });
        return;
      case "drop_unique_key":
        this.drops.push({ unique: true, typeId: step.typeId, keyId: compositeKeyId(step.keyId) });
        return;
      case "drop_index":
        this.drops.push({ unique: false, typeId: step.typeId, keyId: step.fieldId });
        return;
    }
  }

  passes(graph: GraphStatements, registry: SchemaRegistry): BuildPass[] {
    const passes = this.#emptied.map((id) => requireNoNodes(graph, this.#before.nodeType(id)));
    if (this.#removedEdges.size + this.#limitedEdges.size > 0) {
      passes.push(checkEdges(graph, this.#removedEdges, this.#limitedEdges));
    }
    const indexedOnly = [...this.#indexed].filter((typeId) => !this.#checked.has(typeId));
    for (const typeId of [...this.#checked, ...indexedOnly]) {
      passes.push(indexNodes(graph, this.#nodeType(typeId)));
    }
    for (const typeId of this.#searched) {
      const follower = graph.search.follower(registry, typeId);
      passes.push(followNodes(graph, this.#nodeType(typeId), "words", follower));
    }
    for (const typeId of this.#filledNodes.keys()) {
      passes.push(fillNodes(graph, this.#nodeType(typeId)));
    }
    if (this.#filledEdges.size > 0) passes.push(fillEdges(graph, this.#edgeTypes()));
    return passes;
  }

  #nodeType(typeId: number): EvolvingNodeType {
    const filled = this.#filledNodes.get(typeId) ?? [];
    const before = this.#before.nodeType(typeId);
    return { before, after: this.#after.nodeType(typeId), filled };
  }

  #edgeTypes(): Map<number, EvolvingEdgeType> {
    const types = new Map<number, EvolvingEdgeType>();
    for (const [edgeTypeId, filled] of this.#filledEdges) {
      types.set(edgeTypeId, { before: this.#before.edgeType(edgeTypeId), filled });
    }
    return types;
  }
}

function addTo(fields: Map<number, Field[]>, typeId: number, field: Field): void {
  const known = fields.get(typeId);
  if (known === undefined) fields.set(typeId, [field]);
  else known.push(field);
}

/** Whether the plan looks at no more than so many rows in all. */
export function isSmall(graph: GraphStatements, plan: BuildPlan, rowsMax: number): boolean {
  graph.indexWriter.fieldRows.settle();
  let left = rowsMax;
  for (const pass of plan.passes) {
    left -= pass.count("", left + 1).rows;
    if (left < 0) return false;
  }
  for (const { unique, typeId, keyId } of plan.drops) {
    left -= graph.rows.countEntries(unique, typeId, keyId, left + 1);
    if (left < 0) return false;
  }
  return left >= 0;
}

/** Does everything in one go. Throws the `EntError` that the refusal is. */
export function buildAtOnce(graph: GraphStatements, plan: BuildPlan): void {
  const slice = endlessSlice();
  for (const pass of plan.passes) pass.forward({ after: "" }, slice);
  for (const drop of plan.drops) dropEntries(graph, drop, ALL_ENTRIES);
}

const ALL_ENTRIES = 2 ** 31;

/** Removes at most `limit` rows of an index that the schema has no longer; how many that were. */
export function dropEntries(
  { indexWriter }: GraphStatements,
  { unique, typeId, keyId }: DroppedIndex,
  limit: number,
): number {
  return unique
    ? indexWriter.dropUnique(typeId, keyId, limit)
    : indexWriter.dropField(typeId, keyId, limit);
}
