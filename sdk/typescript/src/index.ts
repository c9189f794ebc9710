/**
 * The public door of the package. What is not here is not for programs; transports over HTTP/2
 * are behind a door of their own, `@entdb/client/node`, so that browsers never see them.
 */
export type {
  ApiKey,
  AuditEvent,
  AuditOptions,
  CreatedApiKey,
  KeyScope,
  NewApiKey,
} from "./admin/keys.ts";
export type { Group, Member, Role } from "./admin/members.ts";
export type { Tenant, TenantLimits } from "./admin/tenants.ts";
export type { CallOptions, Credential } from "./calls/caller.ts";
export type { RetryOptions } from "./calls/retry.ts";
export { type Client, createClient } from "./client/client.ts";
export type { Health } from "./client/health.ts";
export type { ClientOptions } from "./client/options.ts";
export type { Identity, ReadOptions, WriteOptions } from "./client/session.ts";
export {
  ConnectionError,
  ConnectionLostError,
  ConnectionRefusedError,
  HostNotFoundError,
  NotEntDBError,
  TlsError,
} from "./errors/connection.ts";
export {
  EntDBError,
  type ErrorCode,
  type ErrorReason,
  type FieldViolation,
} from "./errors/entdb-error.ts";
export {
  AlreadyExistsError,
  CanceledError,
  ConcurrencyConflictError,
  ConflictError,
  DeadlineExceededError,
  EdgeNotFoundError,
  IdempotencyKeyReusedError,
  InternalError,
  InvalidArgumentError,
  LimitExceededError,
  NodeNotFoundError,
  NotFoundError,
  NotImplementedError,
  OutcomeUnknownError,
  PermissionDeniedError,
  PositionError,
  PreconditionFailedError,
  QueryNeedsIndexError,
  RateLimitedError,
  SchemaError,
  TenantHaltedError,
  TenantNotFoundError,
  UnauthenticatedError,
  UnavailableError,
  UniqueConflictError,
  UnknownFieldError,
  ValidationError,
  VersionConflictError,
} from "./errors/refusals.ts";
export {
  Aggregate,
  type EmittedEvent,
  type EventData,
  type EventHandler,
} from "./events/aggregate.ts";
export type {
  ClientEventStore,
  ClientSubscribeOptions,
  EventDefaultsSource,
} from "./events/client-event-store.ts";
export { command, handles } from "./events/decorators.ts";
export type { EventDefaults, NewEvent, RecordedEvent } from "./events/event.ts";
export type {
  AggregateHead,
  AggregateListOptions,
  Append,
  AppendCondition,
  Appended,
  EventFilter,
  EventStore,
  ExpectedNonce,
  ReadAggregateOptions,
  ReadEventsOptions,
  SubscribeOptions,
} from "./events/event-store.ts";
export { MemoryEventStore } from "./events/memory-event-store.ts";
export {
  type Changes,
  type ProjectionOptions,
  project,
  projectIntoGraph,
} from "./events/projection.ts";
export {
  type ExecuteOptions,
  Repository,
  type RepositoryOptions,
  type SnapshotOptions,
} from "./events/repository.ts";
export { MemorySnapshotStore, type Snapshot, type SnapshotStore } from "./events/snapshot.ts";
export { type Upcast, type Upcaster, Upcasters } from "./events/upcaster.ts";
export type {
  Mailbox,
  MailboxChange,
  MailboxHit,
  MailboxItem,
  MailboxListOptions,
  MailboxPage,
  MailboxSearchOptions,
} from "./mailbox/mailbox.ts";
export type { AtomicOptions, AtomicResult, SchemaDifference } from "./plan/atomic.ts";
export type {
  CreateOptions,
  EdgeTarget,
  Grant,
  LinkOptions,
  Mail,
  MailboxSelection,
  NodeTarget,
  Plan,
  UpdateOptions,
} from "./plan/plan.ts";
export type {
  EdgeOutcome,
  NodeOutcome,
  OperationOutcome,
  Planned,
  PlannedEdge,
  PlannedNode,
} from "./plan/planned.ts";
export type { Receipt } from "./plan/receipt.ts";
export type {
  ConnectedNode,
  ConnectedOptions,
  Edge,
  EdgeListOptions,
  ListedEdge,
} from "./reads/edges.ts";
export type { OrderBy, Where } from "./reads/filter.ts";
export type { AggregateGrants, NodeGrants } from "./reads/grants.ts";
export type { Highlight } from "./reads/highlight.ts";
export type { Cursor, Listing, Page } from "./reads/listing.ts";
export type { AnyNode, Node } from "./reads/node.ts";
export type { GetOptions, ManyNodes } from "./reads/nodes.ts";
export type { CountOptions, QueryOptions, QueryPage } from "./reads/query.ts";
export type { SearchHit, SearchOptions } from "./reads/search.ts";
export {
  defineEdge,
  defineNode,
  type EdgeType,
  type NodeType,
  type Permission,
  type TypeDefinition,
  type UniqueKey,
} from "./schema/define.ts";
export {
  type Field,
  type FieldKind,
  field,
  type IntInput,
  type TimestampInput,
  type UnknownEnumValue,
} from "./schema/field.ts";
export { fingerprintOf } from "./schema/fingerprint.ts";
export type { FieldsOf, LookupKey, NewFieldsOf } from "./schema/infer.ts";
export type {
  SchemaBuild,
  SchemaChange,
  SchemaCheck,
  SchemaOptions,
  SchemaRegistration,
  SchemaState,
  TenantSchema,
} from "./schema/tenant-schema.ts";
export type { ReservedTypes } from "./schema/wire-schema.ts";
export { type FetchTransportOptions, fetchTransport } from "./transport/fetch.ts";
export type { ClientTransport, TransportFactory } from "./transport/transport.ts";
export {
  type EdgeId,
  edgeId,
  isEdgeId,
  isNodeId,
  type MailboxItemId,
  type NodeId,
  nodeId,
} from "./values/ids.ts";
export type { JsonValue } from "./values/json.ts";
export type { PositionToken } from "./values/positions.ts";
export type { Change, EdgeChange, NodeChange, SchemaChanged } from "./watch/change.ts";
export type { ChangeBatch, Watch, WatchOptions } from "./watch/watch.ts";
