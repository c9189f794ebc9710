import { EntError } from "../base/errors.ts";
import type { Node } from "../record/graph.ts";
import type { SchemaRegistry } from "../schema/registry.ts";
import type { Permission } from "../schema/types.ts";
import type { Fields, Value } from "../schema/value.ts";
import { AggregateReader } from "../store/reader/aggregate-reader.ts";
import { EdgeReader } from "../store/reader/edge-reader.ts";
import { EventMatches } from "../store/reader/event-matches.ts";
import { EventReader } from "../store/reader/event-reader.ts";
import { GrantReader } from "../store/reader/grant-reader.ts";
import { MembershipFacts } from "../store/reader/membership-facts.ts";
import { MembershipReader } from "../store/reader/membership-reader.ts";
import { NodeReader } from "../store/reader/node-reader.ts";
import { RowWalk } from "../store/reader/row-walk.ts";
import type { TenantStore } from "../store/tenant-store.ts";
import { AuditWriter } from "../store/writer/audit-writer.ts";
import { ChangeWriter } from "../store/writer/change-writer.ts";
import { EdgeWriter } from "../store/writer/edge-writer.ts";
import { EventIds } from "../store/writer/event-ids.ts";
import { EventWriter } from "../store/writer/event-writer.ts";
import { GrantWriter } from "../store/writer/grant-writer.ts";
import { IndexWriter } from "../store/writer/index-writer.ts";
import { MembershipWriter } from "../store/writer/membership-writer.ts";
import { NodeWriter } from "../store/writer/node-writer.ts";
import { SchemaWriter } from "../store/writer/schema-writer.ts";
import { AggregateGrantsMemory } from "./aggregate-grants-memory.ts";
import { ChangeRows } from "./change-rows.ts";
import { type EdgeEffect, Effects, type NodeEffect } from "./effects.ts";
import { MailboxOutbox } from "./mailbox-outbox.ts";
import { type Author, permissionDenied, RecordAccess, Standings } from "./record-access.ts";
import { SearchRows } from "./search-rows.ts";

/** The statements of the graph on one tenant's write connection, prepared once. */
export class GraphStatements {
  readonly nodes: NodeReader;
  readonly edges: EdgeReader;
  readonly nodeWriter: NodeWriter;
  readonly edgeWriter: EdgeWriter;
  readonly indexWriter: IndexWriter;
  readonly schemaWriter: SchemaWriter;
  readonly grants: GrantReader;
  readonly grantWriter: GrantWriter;
  readonly membership: MembershipReader;
  readonly facts: MembershipFacts;
  readonly membershipWriter: MembershipWriter;
  readonly auditWriter: AuditWriter;
  readonly standings: Standings;
  readonly rows: RowWalk;
  readonly search: SearchRows;
  readonly mailboxOutbox: MailboxOutbox;
  readonly effects: Effects;
  readonly aggregates: AggregateReader;
  readonly aggregateGrants: AggregateGrantsMemory;
  readonly events: EventReader;
  readonly eventMatches: EventMatches;
  readonly eventIds: EventIds;
  readonly eventWriter: EventWriter;

  constructor(db: TenantStore["writeConnection"]) {
    this.nodes = new NodeReader(db);
    this.edges = new EdgeReader(db);
    this.nodeWriter = new NodeWriter(db);
    this.edgeWriter = new EdgeWriter(db);
    this.indexWriter = new IndexWriter(db);
    this.schemaWriter = new SchemaWriter(db);
    this.grants = new GrantReader(db);
    this.grantWriter = new GrantWriter(db);
    this.membership = new MembershipReader(db);
    this.facts = new MembershipFacts(db);
    this.membershipWriter = new MembershipWriter(db);
    this.auditWriter = new AuditWriter(db);
    this.standings = new Standings(this.membership);
    this.rows = new RowWalk(db);
    this.search = new SearchRows(db);
    this.mailboxOutbox = new MailboxOutbox(db);
    this.effects = new Effects([
      new ChangeRows(new ChangeWriter(db)),
      this.search,
      this.mailboxOutbox,
    ]);
    this.aggregates = new AggregateReader(db);
    this.aggregateGrants = new AggregateGrantsMemory(this.aggregates);
    this.events = new EventReader(db);
    this.eventMatches = new EventMatches(db);
    this.eventIds = new EventIds(db);
    this.eventWriter = new EventWriter(db);
  }

  /** To be called when the whole SQLite transaction was taken back: what is remembered of rows is then asked of them again. */
  forget(): void {
    this.indexWriter.fieldRows.forget();
    this.standings.forget();
    this.forgetEvents();
  }

  /** As {@link forget}, where membership was not touched. */
  forgetEvents(): void {
    this.aggregateGrants.forget();
    this.eventIds.forget();
    this.eventWriter.forget();
  }
}

/** How a schema that comes with a record is brought to the rows that are there. */
export interface Building {
  /** So many rows may be looked at inside the record's own transaction. */
  readonly rowsAtOnce: number;
  /** It has been done, slice by slice: only the decision is left. */
  readonly isBuilt: boolean;
}

const AT_ONCE: Building = { rowsAtOnce: Number.POSITIVE_INFINITY, isBuilt: false };

/**
 * What the operations of one transaction share: the record's own facts, the schema as
 * earlier operations left it, and what earlier operations did to versions and ids.
 */
export class TransactionScope {
  readonly graph: GraphStatements;
  readonly offset: number;
  readonly logTime: number;
  readonly actor: string;
  readonly rulesVersion: number;
  readonly access: RecordAccess;
  readonly building: Building;
  registry: SchemaRegistry;
  /** Whether something else of the transaction has been done already. */
  isBegun = false;
  #membershipTouched = false;
  /** Versions before this transaction, of the nodes that it has raised. */
  readonly #raised = new Map<string, number>();
  /** Ids that a create proposed and that RETURN_EXISTING answered with another. */
  readonly #replaced = new Map<string, string>();

  constructor(
    graph: GraphStatements,
    registry: SchemaRegistry,
    record: { readonly offset: number; readonly logTime: number } & Author,
    building: Building = AT_ONCE,
  ) {
    this.graph = graph;
    this.building = building;
    this.rulesVersion = record.rulesVersion;
    this.registry = registry;
    this.offset = record.offset;
    this.logTime = record.logTime;
    this.actor = record.actor;
    this.access = new RecordAccess(graph.grants, graph.standings, record, record.logTime);
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

  /** Ids that creates proposed, and those that they were answered with. */
  get replaced(): readonly (readonly [string, string])[] {
    return [...this.#replaced];
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

  /** To be called once rows of members, roles, groups or settings are written. */
  membershipChanged(): void {
    this.#membershipTouched = true;
    this.graph.standings.forget();
  }

  /** Whether this transaction has changed members, roles, groups or settings. */
  get membershipTouched(): boolean {
    return this.#membershipTouched;
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

  /** As {@link node}, and live: throws NODE_DELETED of one that the actor may use like this. */
  liveNode(id: string, permission: Permission): Node {
    const node = this.node(id, permission);
    if (!node.deleted) return node;
    throw new EntError({
      code: "failed_precondition",
      reason: "NODE_DELETED",
      message: `Node ${id} is deleted.`,
      hint: "Restore it first (restore_node).",
      details: { node_id: id },
    });
  }

  /**
   * The node, deleted or not, for somebody who needs this permission on it. Throws
   * NODE_NOT_FOUND when it is missing and, in the same words, when the record's actor may not
   * even read it; PERMISSION_DENIED when he may read it, but not do this.
   */
  node(id: string, permission: Permission): Node {
    const node = this.graph.nodes.find(id);
    const found = node === undefined ? "missing" : this.access.check(node, permission);
    if (node === undefined || found === "missing") throw nodeMissing(id);
    if (found === "denied") throw permissionDenied(permission, id);
    return node;
  }
}

function nodeMissing(id: string): EntError {
  return new EntError({
    code: "not_found",
    reason: "NODE_NOT_FOUND",
    message: `There is no node ${id}.`,
    hint: "Check the id, and that the node was created in this tenant and not purged.",
    details: { node_id: id },
  });
}
