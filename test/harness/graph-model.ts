import type { JsonObject } from "../../src/base/json.ts";
import type { RequestedOperation } from "../../src/engine/engine.ts";
import type { Edge, Node } from "../../src/record/graph.ts";
import type { OperationResult } from "../../src/record/outcome.ts";
import type { EdgeTarget } from "../../src/record/transaction.ts";
import type { Fields, Value } from "../../src/schema/value.ts";
import { GRAPH_SCHEMA } from "./graph-schema.ts";

/**
 * What transactions mean, once more: plain maps in memory, over `GRAPH_SCHEMA`, without any
 * of the product's code (types aside). A transaction works on a copy, which takes the place
 * of the original if every operation was accepted.
 */
export interface ModelState {
  readonly nodes: Map<string, Node>;
  readonly edges: Map<string, Edge>;
}

/** Thrown by an operation that the rules refuse. */
class Refused extends Error {}

function require(holds: boolean, why: string): asserts holds {
  if (!holds) throw new Refused(why);
}

export class GraphModel {
  #state: ModelState = { nodes: new Map(), edges: new Map() };

  get nodes(): ReadonlyMap<string, Node> {
    return this.#state.nodes;
  }

  get edges(): ReadonlyMap<string, Edge> {
    return this.#state.edges;
  }

  /** The results, or why the transaction is refused; then nothing has changed. */
  execute(
    operations: readonly RequestedOperation[],
    at: { readonly now: number; readonly actor: string },
  ): OperationResult[] | string {
    const state = { nodes: new Map(this.#state.nodes), edges: new Map(this.#state.edges) };
    try {
      const work = new Work(state, this.#state.nodes, at.now, at.actor);
      const resolved = resolveAliases(operations);
      const results = resolved.map((operation) => work.apply(operation));
      this.#state = state;
      return results.map((result) =>
        result.nodeId === "" ? result : { ...result, version: work.lastVersion(result.nodeId) },
      );
    } catch (error) {
      if (error instanceof Refused) return error.message;
      throw error;
    }
  }
}

/** Aliases are known to later operations only, each once. */
function resolveAliases(operations: readonly RequestedOperation[]): RequestedOperation[] {
  const ids = new Map<string, string>();
  const idOf = (text: string): string => {
    if (!text.startsWith("$")) return text;
    const id = ids.get(text.slice(1, -".id".length));
    require(id !== undefined, "unknown alias");
    return id;
  };
  const fieldsOf = (fields: Fields): Fields =>
    new Map(
      [...fields].map(([fieldId, value]): [number, Value] => [
        fieldId,
        value.kind === "ref" ? { kind: "ref", value: idOf(value.value) } : value,
      ]),
    );
  const targetOf = (target: EdgeTarget): EdgeTarget =>
    target.by === "id"
      ? { by: "id", id: idOf(target.id) }
      : { ...target, fromId: idOf(target.fromId), toId: idOf(target.toId) };
  return operations.map((operation) => {
    const resolved = ((): RequestedOperation => {
      switch (operation.op) {
        case "create_node":
          return { ...operation, fields: fieldsOf(operation.fields) };
        case "create_edge":
          return {
            ...operation,
            fromId: idOf(operation.fromId),
            toId: idOf(operation.toId),
            fields: fieldsOf(operation.fields),
          };
        case "update_node":
          return {
            ...operation,
            id: idOf(operation.id),
            fields: fieldsOf(operation.fields),
            preconditions: fieldsOf(operation.preconditions),
          };
        case "update_edge":
          return {
            ...operation,
            target: targetOf(operation.target),
            fields: fieldsOf(operation.fields),
          };
        case "delete_edge":
          return { ...operation, target: targetOf(operation.target) };
        case "delete_node":
        case "restore_node":
        case "purge_node":
          return { ...operation, id: idOf(operation.id) };
        default:
          throw new Error(`the model knows no ${operation.op}`);
      }
    })();
    if (operation.op.startsWith("create") && operation.alias) {
      require(!ids.has(operation.alias), "alias given twice");
      ids.set(operation.alias, (operation as { readonly id: string }).id);
    }
    return resolved;
  });
}

interface FieldRule {
  readonly field_id: number;
  readonly kind: string;
  readonly unique?: boolean;
  readonly required?: boolean;
  readonly default?: unknown;
  readonly enum_values?: readonly string[];
  readonly ref_type_id?: number;
}

interface TypeRule {
  readonly fields: readonly FieldRule[];
  readonly unique_keys?: readonly { readonly field_ids: readonly number[] }[];
  readonly from_type_id?: number;
  readonly to_type_id?: number;
  readonly unique_per_from?: boolean;
}

function rulesOf(list: string, idName: string): Map<number, TypeRule> {
  const types = GRAPH_SCHEMA[list] as unknown as readonly JsonObject[];
  return new Map(
    types.map((type) => [Number(type[idName]), { fields: [], ...type } as unknown as TypeRule]),
  );
}

const NODE_TYPES = rulesOf("node_types", "type_id");
const EDGE_TYPES = rulesOf("edge_types", "edge_type_id");

function defaultOf(rule: FieldRule): Value | undefined {
  if (rule.default === undefined) return undefined;
  if (rule.kind === "enum") {
    const place = rule.enum_values?.indexOf(String(rule.default)) ?? -1;
    return { kind: "enum", value: place + 1 };
  }
  if (rule.kind === "int") return { kind: "int", value: BigInt(rule.default as number) };
  return { kind: rule.kind, value: rule.default } as Value;
}

/** Equal as JSON with bigints spelled out. */
function same(a: Value | undefined, b: Value | undefined): boolean {
  const text = (value: Value | undefined) =>
    JSON.stringify(value, (_name, part) => (typeof part === "bigint" ? `${part}n` : part));
  return text(a) === text(b);
}

const ascending = (fields: Iterable<[number, Value]>): Fields =>
  new Map([...fields].sort(([a], [b]) => a - b));

class Work {
  readonly #state: ModelState;
  readonly #before: ReadonlyMap<string, Node>;
  readonly #now: number;
  readonly #actor: string;
  /** Nodes that this transaction has made or raised already. */
  readonly #touched = new Set<string>();
  readonly #created = new Set<string>();
  readonly #answered = new Map<string, string>();

  constructor(state: ModelState, before: ReadonlyMap<string, Node>, now: number, actor: string) {
    this.#state = state;
    this.#before = before;
    this.#now = now;
    this.#actor = actor;
  }

  lastVersion(id: string): number {
    return this.#state.nodes.get(id)?.version ?? 0;
  }

  apply(operation: RequestedOperation): OperationResult {
    switch (operation.op) {
      case "create_node":
        return this.#createNode(operation);
      case "update_node":
        return this.#updateNode(operation);
      case "delete_node":
      case "restore_node":
      case "purge_node":
        return this.#step(operation);
      case "create_edge":
        return this.#createEdge(operation);
      case "update_edge":
        return this.#updateEdge(operation);
      case "delete_edge":
        return this.#deleteEdge(operation);
      default:
        throw new Error(`the model knows no ${operation.op}`);
    }
  }

  #createNode(operation: RequestedOperation & { op: "create_node" }): OperationResult {
    const { id, typeId } = operation;
    const type = NODE_TYPES.get(typeId);
    require(type !== undefined, "unknown type");
    const fields = this.#filled(type, this.#meant(operation.fields));
    this.#checkRefs(type, fields, { id, typeId });
    const holder = this.#holder(type, typeId, fields, undefined);
    if (holder !== undefined && operation.returnExisting) {
      require(holder === id || !this.#state.nodes.has(id), "the id is another node's");
      this.#answered.set(id, holder);
      return { nodeId: holder, edgeId: "", version: 0, created: false };
    }
    require(holder === undefined, "the value is taken");
    require(!this.#state.nodes.has(id), "the id is taken");
    this.#touched.add(id);
    this.#created.add(id);
    this.#state.nodes.set(id, {
      id,
      typeId,
      fields,
      ownerActor: this.#actor,
      version: 1,
      createdAt: this.#now,
      updatedAt: this.#now,
      deleted: false,
    });
    return { nodeId: id, edgeId: "", version: 0, created: true };
  }

  #updateNode(operation: RequestedOperation & { op: "update_node" }): OperationResult {
    const node = this.#live(this.#mean(operation.id));
    const type = NODE_TYPES.get(node.typeId) as TypeRule;
    this.#checkVersion(node, operation.expectedVersion);
    for (const [fieldId, wanted] of this.#meant(operation.preconditions)) {
      this.#checkKind(type, fieldId, wanted);
      const found = node.fields.get(fieldId);
      require(wanted.kind === "null" ? found === undefined : same(found, wanted), "precondition");
    }
    const patch = this.#meant(operation.fields);
    const fields = this.#patched(type, node.fields, patch);
    const changed = new Map(
      [...patch].filter(([fieldId, value]) => !same(node.fields.get(fieldId), value)),
    );
    this.#checkRefs(type, changed, node);
    require(this.#holder(type, node.typeId, fields, node.id) === undefined, "the value is taken");
    this.#raise(node, { fields });
    return { nodeId: node.id, edgeId: "", version: 0, created: false };
  }

  #step(
    operation: RequestedOperation & { op: "delete_node" | "restore_node" | "purge_node" },
  ): OperationResult {
    const id = this.#mean(operation.id);
    const node = this.#state.nodes.get(id);
    require(node !== undefined, "no such node");
    if (operation.op === "delete_node") require(!node.deleted, "deleted already");
    if (operation.op === "restore_node") require(node.deleted, "not deleted");
    this.#checkVersion(node, operation.expectedVersion);
    if (operation.op === "delete_node") this.#raise(node, { deleted: true });
    if (operation.op === "restore_node") {
      const type = NODE_TYPES.get(node.typeId) as TypeRule;
      const holder = this.#holder(type, node.typeId, node.fields, id);
      require(holder === undefined, "the value is taken");
      this.#raise(node, { deleted: false });
    }
    if (operation.op === "purge_node") {
      this.#state.nodes.delete(id);
      for (const [edgeId, edge] of this.#state.edges) {
        if (edge.fromId === id || edge.toId === id) this.#state.edges.delete(edgeId);
      }
      this.#touched.delete(id);
      this.#created.delete(id);
    }
    return { nodeId: id, edgeId: "", version: 0, created: false };
  }

  #createEdge(operation: RequestedOperation & { op: "create_edge" }): OperationResult {
    const { id, edgeTypeId } = operation;
    const type = EDGE_TYPES.get(edgeTypeId);
    require(type !== undefined, "unknown type");
    const [from, to] = [operation.fromId, operation.toId].map((end) => this.#live(this.#mean(end)));
    if (from === undefined || to === undefined) throw new Error("an edge has two ends");
    require((type.from_type_id ?? from.typeId) === from.typeId, "wrong type of from");
    require((type.to_type_id ?? to.typeId) === to.typeId, "wrong type of to");
    const fields = this.#filled(type, this.#meant(operation.fields));
    this.#checkRefs(type, fields, undefined);
    const existing = this.#between(edgeTypeId, from.id, to.id);
    if (existing !== undefined) {
      require(operation.returnExisting, "there is such an edge");
      require(existing.id === id || !this.#state.edges.has(id), "the id is another edge's");
      this.#answered.set(id, existing.id);
      return { nodeId: "", edgeId: existing.id, version: 0, created: false };
    }
    const leaving = [...this.#state.edges.values()].some(
      (edge) => edge.edgeTypeId === edgeTypeId && edge.fromId === from.id,
    );
    require(!(type.unique_per_from && leaving), "there is an edge already");
    require(!this.#state.edges.has(id), "the id is taken");
    const times = { createdAt: this.#now, updatedAt: this.#now };
    this.#state.edges.set(id, { id, edgeTypeId, fromId: from.id, toId: to.id, fields, ...times });
    return { nodeId: "", edgeId: id, version: 0, created: true };
  }

  #updateEdge(operation: RequestedOperation & { op: "update_edge" }): OperationResult {
    const edge = this.#target(operation.target);
    const hidden = [edge.fromId, edge.toId].some((id) => this.#state.nodes.get(id)?.deleted);
    require(!hidden, "hidden");
    const type = EDGE_TYPES.get(edge.edgeTypeId) as TypeRule;
    const patch = this.#meant(operation.fields);
    const fields = this.#patched(type, edge.fields, patch);
    const changed = new Map(
      [...patch].filter(([fieldId, value]) => !same(edge.fields.get(fieldId), value)),
    );
    this.#checkRefs(type, changed, undefined);
    this.#state.edges.set(edge.id, { ...edge, fields, updatedAt: this.#now });
    return { nodeId: "", edgeId: edge.id, version: 0, created: false };
  }

  #deleteEdge(operation: RequestedOperation & { op: "delete_edge" }): OperationResult {
    const edge = this.#target(operation.target);
    this.#state.edges.delete(edge.id);
    return { nodeId: "", edgeId: edge.id, version: 0, created: false };
  }

  #mean(id: string): string {
    return this.#answered.get(id) ?? id;
  }

  #meant(fields: Fields): Fields {
    return new Map(
      [...fields].map(([fieldId, value]): [number, Value] => [
        fieldId,
        value.kind === "ref" ? { kind: "ref", value: this.#mean(value.value) } : value,
      ]),
    );
  }

  #live(id: string): Node {
    const node = this.#state.nodes.get(id);
    require(node !== undefined && !node.deleted, "no such live node");
    return node;
  }

  #target(target: EdgeTarget): Edge {
    const edge =
      target.by === "id"
        ? this.#state.edges.get(this.#mean(target.id))
        : this.#between(target.edgeTypeId, this.#mean(target.fromId), this.#mean(target.toId));
    require(edge !== undefined, "no such edge");
    return edge;
  }

  #between(edgeTypeId: number, fromId: string, toId: string): Edge | undefined {
    return [...this.#state.edges.values()].find(
      (edge) => edge.edgeTypeId === edgeTypeId && edge.fromId === fromId && edge.toId === toId,
    );
  }

  /** The version before the transaction; a node that it made had none. */
  #checkVersion(node: Node, expected: number): void {
    if (expected === 0) return;
    const before = this.#created.has(node.id) ? 0 : (this.#before.get(node.id)?.version ?? 0);
    require(before === expected, "version");
  }

  #raise(node: Node, change: Partial<Node>): void {
    const version = this.#touched.has(node.id) ? node.version : node.version + 1;
    this.#touched.add(node.id);
    this.#state.nodes.set(node.id, { ...node, ...change, version, updatedAt: this.#now });
  }

  /** The fields of something new: defaults in, nulls out. */
  #filled(type: TypeRule, sent: Fields): Fields {
    for (const [fieldId, value] of sent) this.#checkKind(type, fieldId, value);
    const fields = new Map([...sent].filter(([, value]) => value.kind !== "null"));
    for (const rule of type.fields) {
      const value = fields.get(rule.field_id) ?? defaultOf(rule);
      require(value !== undefined || !rule.required, "required");
      if (value !== undefined) fields.set(rule.field_id, value);
    }
    return ascending(fields);
  }

  #patched(type: TypeRule, current: Fields, patch: Fields): Fields {
    const fields = new Map(current);
    for (const [fieldId, value] of patch) {
      this.#checkKind(type, fieldId, value);
      if (value.kind !== "null") fields.set(fieldId, value);
      else {
        const rule = type.fields.find((candidate) => candidate.field_id === fieldId);
        require(!rule?.required, "required");
        fields.delete(fieldId);
      }
    }
    return ascending(fields);
  }

  #checkKind(type: TypeRule, fieldId: number, value: Value): void {
    const rule = type.fields.find((candidate) => candidate.field_id === fieldId);
    require(rule !== undefined, "unknown field");
    if (value.kind === "null") return;
    require(rule.kind === value.kind, "kind");
    if (value.kind === "enum") require(value.value <= (rule.enum_values?.length ?? 0), "ordinal");
  }

  #checkRefs(
    type: TypeRule,
    fields: Fields,
    self: { readonly id: string; readonly typeId: number } | undefined,
  ): void {
    for (const rule of type.fields) {
      const value = fields.get(rule.field_id);
      if (value?.kind !== "ref") continue;
      const typeId = value.value === self?.id ? self.typeId : this.#live(value.value).typeId;
      require((rule.ref_type_id ?? typeId) === typeId, "wrong type of target");
    }
  }

  /** The live node other than `self` that holds a unique value or key of these fields; of several the one of the first. */
  #holder(
    type: TypeRule,
    typeId: number,
    fields: Fields,
    self: string | undefined,
  ): string | undefined {
    const unique = type.fields.filter((rule) => rule.unique).map((rule) => [rule.field_id]);
    const keys = [...unique, ...(type.unique_keys ?? []).map((key) => [...key.field_ids])];
    for (const key of keys) {
      if (key.some((fieldId) => !fields.has(fieldId))) continue;
      for (const node of this.#state.nodes.values()) {
        if (node.typeId !== typeId || node.deleted || node.id === self) continue;
        if (key.every((fieldId) => same(node.fields.get(fieldId), fields.get(fieldId)))) {
          return node.id;
        }
      }
    }
    return undefined;
  }
}
