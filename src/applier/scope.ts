import { EntError } from "../base/errors.ts";
import type { Node } from "../record/graph.ts";
import type { SchemaRegistry } from "../schema/registry.ts";
import type { Fields, Value } from "../schema/value.ts";
import { EdgeReader } from "../store/reader/edge-reader.ts";
import { NodeReader } from "../store/reader/node-reader.ts";
import type { TenantStore } from "../store/tenant-store.ts";
import { EdgeWriter } from "../store/writer/edge-writer.ts";
import { IndexWriter } from "../store/writer/index-writer.ts";
import { NodeWriter } from "../store/writer/node-writer.ts";
import { SchemaWriter } from "../store/writer/schema-writer.ts";
import { type EdgeEffect, Effects, type NodeEffect } from "./effects.ts";

/** The statements of the graph on one tenant's write connection, prepared once. */
export class GraphStatements {
  readonly nodes: NodeReader;
  readonly edges: EdgeReader;
  readonly nodeWriter: NodeWriter;
  readonly edgeWriter: EdgeWriter;
  readonly indexWriter: IndexWriter;
  readonly schemaWriter: SchemaWriter;
  readonly effects: Effects;

  constructor(db: TenantStore["writeConnection"]) {
    this.nodes = new NodeReader(db);
    this.edges = new EdgeReader(db);
    this.nodeWriter = new NodeWriter(db);
    this.edgeWriter = new EdgeWriter(db);
    this.indexWriter = new IndexWriter(db);
    this.schemaWriter = new SchemaWriter(db);
    this.effects = new Effects([]);
  }
}

/**
 * What the operations of one transaction share: the record's own facts, the schema as
 * earlier operations left it, and what earlier operations did to versions and ids.
 */
export class TransactionScope {
  readonly graph: GraphStatements;
  readonly offset: number;
  readonly logTime: number;
  readonly actor: string;
  registry: SchemaRegistry;
  /** Versions before this transaction, of the nodes that it has raised. */
  readonly #raised = new Map<string, number>();
  /** Ids that a create proposed and that RETURN_EXISTING answered with another. */
  readonly #replaced = new Map<string, string>();

  constructor(
    graph: GraphStatements,
    registry: SchemaRegistry,
    record: { readonly offset: number; readonly logTime: number; readonly actor: string },
  ) {
    this.graph = graph;
    this.registry = registry;
    this.offset = record.offset;
    this.logTime = record.logTime;
    this.actor = record.actor;
  }

  /** The id that an operation means: an alias of a create that found its node there means that node. */
  resolve(id: string): string {
    return this.#replaced.get(id) ?? id;
  }

  /** The fields with every ref resolved. */
  resolveFields(fields: Fields): Fields {
    if (this.#replaced.size === 0) return fields;
    const resolved = new Map<number, Value>();
    for (const [fieldId, value] of fields) {
      const isRef = value.kind === "ref";
      resolved.set(fieldId, isRef ? { kind: "ref", value: this.resolve(value.value) } : value);
    }
    return resolved;
  }

  replace(proposedId: string, existingId: string): void {
    this.#replaced.set(proposedId, existingId);
  }

  /** The version that the node has after this transaction raises it, which it does once. */
  raise(node: Pick<Node, "id" | "version">): number {
    if (this.#raised.has(node.id)) return node.version;
    this.#raised.set(node.id, node.version);
    return node.version + 1;
  }

  /** Tells whoever writes rows of their own for it. To be called once the graph's rows are written. */
  nodeEffect(effect: NodeEffect): void {
    this.graph.effects.node(this, effect);
  }

  edgeEffect(effect: EdgeEffect): void {
    this.graph.effects.edge(this, effect);
  }

  /** A node that this transaction created has version 1 and is not raised again. */
  markCreated(nodeId: string): void {
    this.#raised.set(nodeId, 0);
  }

  /** Throws VERSION_CONFLICT unless the node had this version before the transaction; 0 means any. */
  checkVersion(node: Pick<Node, "id" | "version">, expectedVersion: number): void {
    if (expectedVersion === 0) return;
    const before = this.#raised.get(node.id) ?? node.version;
    if (before === expectedVersion) return;
    throw new EntError({
      code: "aborted",
      reason: "VERSION_CONFLICT",
      message: `Node ${node.id} has version ${before}, not ${expectedVersion}.`,
      hint: "Read the node again, decide again, and send the version that you read.",
      details: { node_id: node.id, actual_version: String(before) },
    });
  }

  /** The live node, or NODE_NOT_FOUND / NODE_DELETED. */
  liveNode(id: string): Node {
    const node = this.node(id);
    if (!node.deleted) return node;
    throw new EntError({
      code: "failed_precondition",
      reason: "NODE_DELETED",
      message: `Node ${id} is deleted.`,
      hint: "Restore it first (restore_node).",
      details: { node_id: id },
    });
  }

  /** The node, deleted or not, or NODE_NOT_FOUND. */
  node(id: string): Node {
    const node = this.graph.nodes.find(id);
    if (node !== undefined) return node;
    throw new EntError({
      code: "not_found",
      reason: "NODE_NOT_FOUND",
      message: `There is no node ${id}.`,
      hint: "Check the id, and that the node was created in this tenant and not purged.",
      details: { node_id: id },
    });
  }
}
