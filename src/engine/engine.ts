import type { CancelSignal } from "../base/cancel-signal.ts";
import type { Soon } from "../base/soon.ts";
import type { Filter, OrderTerm } from "../query/query.ts";
import type { Grant } from "../record/access.ts";
import type { Caller } from "../record/caller.ts";
import type { Direction, Edge, Node } from "../record/graph.ts";
import type { OperationResult, RejectedOutcome } from "../record/outcome.ts";
import type { Operation, SchemaMode } from "../record/transaction.ts";
import type { SchemaChange } from "../schema/schema-change.ts";
import type { Schema, SchemaDifference } from "../schema/types.ts";
import type { Value } from "../schema/value.ts";
import type { Administration } from "./administration.ts";
import type { Changes } from "./changes.ts";
import type { EventStore } from "./events.ts";
import type { ArchiveState, Health, LogState } from "./health.ts";
import type { Mailboxes } from "./mailboxes.ts";
import type { Freshness, PageRequest, Read } from "./reading.ts";
import type { Snapshots } from "./snapshots.ts";

/**
 * The narrow boundary between the faces (`rpc`, `http`) and everything behind them: a
 * decoded transaction in, an outcome out; a query in, rows out. Nothing mutable is
 * shared across it, so that faces can move to threads of their own.
 *
 * Every method takes a signal whose reason is an `EntError` (DEADLINE_EXCEEDED or
 * CANCELED) and throws `EntError` only. Values handed in are decoded, not yet checked:
 * shape and limits are checked here, once, for every face.
 */
export interface Engine {
  /**
   * Appends a transaction and answers after it is durable (wait `durable`) or applied
   * (wait `applied`). A rejected outcome is thrown as an `EntError` with its reason. A
   * deadline after the append throws DEADLINE_EXCEEDED with `wal_position` in the details.
   */
  execute(
    caller: Caller,
    request: TransactionRequest,
    signal: CancelSignal,
  ): Promise<TransactionReceipt>;
  /** What became of the caller's own transaction, by its idempotency key; of anybody's, with the right to the audit. */
  getReceipt(
    caller: Caller,
    idempotencyKey: string,
    freshness: Freshness,
    signal: CancelSignal,
  ): Promise<Receipt>;

  /** Throws NODE_NOT_FOUND when the node is missing, or deleted and not asked for. */
  getNode(
    caller: Caller,
    request: NodeRequest,
    freshness: Freshness,
    signal: CancelSignal,
  ): Promise<Read<{ node: Node }>>;
  getNodes(
    caller: Caller,
    request: NodesRequest,
    freshness: Freshness,
    signal: CancelSignal,
  ): Promise<Read<{ nodes: Node[]; missingIds: string[] }>>;
  /** Throws NODE_NOT_FOUND, KEY_UNKNOWN. */
  getNodeByKey(
    caller: Caller,
    request: NodeByKeyRequest,
    freshness: Freshness,
    signal: CancelSignal,
  ): Promise<Read<{ node: Node }>>;
  queryNodes(
    caller: Caller,
    request: QueryRequest,
    freshness: Freshness,
    signal: CancelSignal,
  ): Promise<Read<NodePage>>;
  countNodes(
    caller: Caller,
    request: CountRequest,
    freshness: Freshness,
    signal: CancelSignal,
  ): Promise<Read<{ count: number }>>;
  listEdges(
    caller: Caller,
    request: EdgesRequest,
    freshness: Freshness,
    signal: CancelSignal,
  ): Promise<Read<EdgePage>>;
  listConnected(
    caller: Caller,
    request: ConnectedRequest,
    freshness: Freshness,
    signal: CancelSignal,
  ): Promise<Read<ConnectedPage>>;

  /** Full text over fields that are declared searchable. Throws SEARCH_INVALID, TYPE_UNKNOWN, FIELD_UNKNOWN. */
  searchNodes(
    caller: Caller,
    request: SearchRequest,
    freshness: Freshness,
    signal: CancelSignal,
  ): Promise<Read<SearchPage>>;
  /** Needs the permission admin on the node; else NODE_NOT_FOUND or, of a node that may be read, PERMISSION_DENIED. */
  listGrants(
    caller: Caller,
    nodeId: string,
    freshness: Freshness,
    signal: CancelSignal,
  ): Promise<Read<{ ownerActor: string; grants: readonly Grant[] }>>;

  readonly mailboxes: Mailboxes;
  readonly changes: Changes;
  readonly events: EventStore;
  readonly administration: Administration;
  readonly snapshots: Snapshots;

  /** An empty schema for a tenant that has registered none. */
  getSchema(
    caller: Caller,
    freshness: Freshness,
    signal: CancelSignal,
  ): Promise<Read<TenantSchema>>;
  registerSchema(
    caller: Caller,
    request: SchemaRequest,
    signal: CancelSignal,
  ): Promise<SchemaReceipt>;
  /** What registering would change. Changes nothing. */
  checkSchema(
    caller: Caller,
    request: Omit<SchemaRequest, "idempotencyKey">,
    freshness: Freshness,
    signal: CancelSignal,
  ): Promise<Read<SchemaCheck>>;

  health(): Soon<Health>;
  logState(): Soon<LogState>;
  /** Undefined when nothing is archived. */
  archiveState(): Soon<ArchiveState | undefined>;
  /** Sets the tenant's files aside and makes them again from the log. Throws TENANT_NOT_FOUND. */
  rebuildTenant(tenantId: string, signal: CancelSignal): Promise<RebuildReport>;
  /** Tries the record at which a halted tenant stands once more. */
  retryTenant(
    tenantId: string,
    signal: CancelSignal,
  ): Promise<{ resumed: boolean; message: string }>;
}

/**
 * An operation as sent: wherever an id is taken, "$alias.id" may stand for one that an
 * earlier operation creates; an empty id on a create asks the server for one.
 */
export type RequestedOperation = Operation & {
  /** Create operations only; empty: none. */
  readonly alias?: string;
  /** Operations on a mailbox only: a token in the place of `beforeOffset`, whose record is included; empty: none. */
  readonly upTo?: Uint8Array;
};

export type WaitMode = "applied" | "durable";

export interface TransactionRequest {
  /** Empty: the server makes one. */
  readonly idempotencyKey: string;
  readonly operations: readonly RequestedOperation[];
  readonly wait: WaitMode;
  /** Empty: not checked. */
  readonly schemaFingerprint: string;
  /** The types behind the fingerprint, merged in the same transaction when it is unknown. */
  readonly schema: Schema | undefined;
  /**
   * What the request calls its operations, for refusals: `appends[]` is a list of them,
   * `operations[].op` one whose items have a member for each kind of operation, `grants` the only
   * one, and where the request itself is the only one it is empty. Defaults to `operations[]`.
   */
  readonly operationsField?: string;
}

export interface AliasedResult extends OperationResult {
  readonly alias: string;
}

export interface TransactionReceipt {
  readonly results: readonly AliasedResult[];
  readonly positionToken: Uint8Array;
  /** "0:12345" */
  readonly walPosition: string;
  /** False with wait `durable`: ids and position are known, the outcome is not. */
  readonly applied: boolean;
  readonly idempotencyKey: string;
  readonly schemaDifferences: readonly SchemaDifference[];
}

export type Receipt =
  | { readonly state: "unknown" }
  | { readonly state: "pending" }
  | {
      readonly state: "applied";
      readonly results: readonly OperationResult[];
      readonly positionToken: Uint8Array;
      readonly walPosition: string;
      readonly appliedAt: number;
    }
  | {
      readonly state: "rejected";
      readonly rejection: RejectedOutcome;
      readonly positionToken: Uint8Array;
      readonly walPosition: string;
      readonly appliedAt: number;
    };

export interface NodeRequest {
  readonly id: string;
  readonly includeDeleted: boolean;
}

export interface NodesRequest {
  readonly ids: readonly string[];
  readonly includeDeleted: boolean;
}

export interface NodeByKeyRequest {
  readonly typeId: number;
  readonly key:
    | { readonly by: "field"; readonly fieldId: number }
    | { readonly by: "key"; readonly keyId: number };
  readonly values: readonly Value[];
}

export interface QueryRequest extends PageRequest {
  readonly typeId: number;
  readonly filter: Filter | undefined;
  readonly order: readonly OrderTerm[];
  readonly includeDeleted: boolean;
  readonly withTotalCount: boolean;
  /** Rows of the result to pass over before the page begins. */
  readonly offset: number;
}

export interface NodePage {
  readonly nodes: readonly Node[];
  readonly nextCursor: Uint8Array | undefined;
  readonly hasMore: boolean;
  /** Undefined when not asked for, or when counting would pass the scan budget: then `totalCountAbsentReason` says so. */
  readonly totalCount: number | undefined;
  readonly totalCountAbsentReason: string | undefined;
}

export interface CountRequest {
  readonly typeId: number;
  readonly filter: Filter | undefined;
  readonly includeDeleted: boolean;
}

export interface EdgesRequest extends PageRequest {
  readonly nodeId: string;
  readonly direction: Direction;
  /** 0: all types. */
  readonly edgeTypeId: number;
  readonly withNodes: boolean;
}

export interface EdgePage {
  /** By edge type, then by the id of the other end. */
  readonly edges: readonly Edge[];
  /** With `withNodes`: the other ends, each once. */
  readonly nodes: readonly Node[];
  readonly nextCursor: Uint8Array | undefined;
  readonly hasMore: boolean;
}

export interface ConnectedRequest extends PageRequest {
  readonly nodeId: string;
  readonly edgeTypeId: number;
  readonly direction: Direction;
  /** 1 to `limits.walkDepth`; 0 means 1. */
  readonly depth: number;
}

export interface ConnectedPage {
  /** By distance, then by id. */
  readonly nodes: readonly { readonly node: Node; readonly distance: number }[];
  readonly nextCursor: Uint8Array | undefined;
  readonly hasMore: boolean;
}

export interface TenantSchema {
  readonly schema: Schema;
  /** "sha256:…" */
  readonly fingerprint: string;
  /** Only who holds the right `schema` may change it. */
  readonly locked: boolean;
  /** Present while a schema is being applied to the nodes that are there. */
  readonly build: SchemaBuild | undefined;
}

export interface SchemaBuild {
  readonly walPosition: string;
  /** "index of field 3 (status) of node type 2 (Task)", in words for people. */
  readonly step: string;
  readonly rowsDone: number;
  readonly rowsTotal: number;
}

export interface SchemaRequest {
  readonly idempotencyKey: string;
  readonly schema: Schema;
  readonly mode: SchemaMode;
}

export interface SchemaCheck {
  readonly changes: readonly SchemaChange[];
  /** Mode merge only: where the tenant's definition would stay. */
  readonly differences: readonly SchemaDifference[];
  readonly fingerprintNow: string;
  readonly fingerprintThen: string;
}

export interface SearchRequest extends PageRequest {
  readonly query: string;
  /** Empty: every type with searchable fields. */
  readonly typeIds: readonly number[];
  /** With exactly one type; empty: all its searchable fields. */
  readonly fieldIds: readonly number[];
  /** The last word may be the beginning of one. */
  readonly prefix: boolean;
}

export interface SearchPage {
  /** Best match first. */
  readonly hits: readonly SearchHit[];
  readonly nextCursor: Uint8Array | undefined;
  readonly hasMore: boolean;
}

export interface SearchHit {
  readonly node: Node;
  /** Greater is better. */
  readonly score: number;
  /** What was found stands between U+0002 and U+0003. */
  readonly highlights: readonly { readonly fieldId: number; readonly text: string }[];
}

export interface SchemaReceipt {
  /** Of the tenant's schema after the merge. */
  readonly fingerprint: string;
  readonly differences: readonly SchemaDifference[];
  readonly changed: boolean;
  readonly positionToken: Uint8Array;
  readonly walPosition: string;
}

export interface RebuildReport {
  readonly records: number;
  readonly contentHashBefore: string;
  readonly contentHashAfter: string;
  readonly outcomeDigestBefore: string;
  readonly outcomeDigestAfter: string;
}
