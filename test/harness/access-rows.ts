/**
 * A row for every RPC: what it asks about the asker's own things, what it says when it is
 * asked about another tenant's, and who may ask at all. `access-matrix.test.ts` holds every
 * cell of it, and fails for an RPC that has no row.
 */
import { EntDBService } from "../../gen/entdb/v1/entdb_service_pb.ts";
import { EventStoreService } from "../../gen/entdb/v1/events_pb.ts";
import { OperationsService } from "../../gen/entdb/v1/operations_service_pb.ts";
import { TenantService } from "../../gen/entdb/v1/tenant_service_pb.ts";
import { EventStore } from "../../gen/eventstore/v1/eventstore_pb.ts";
import { Health } from "../../gen/grpc/health/v1/health_pb.ts";
import { ServerReflection } from "../../gen/grpc/reflection/v1/reflection_pb.ts";
import { ServerReflection as ServerReflectionAlpha } from "../../gen/grpc/reflection/v1alpha/reflection_pb.ts";

/** What one tenant has, by which a request can name it. */
export interface Things {
  readonly tenantId: string;
  readonly nodeId: string;
  readonly otherNodeId: string;
  readonly mail: string;
  /** A word that stands in its texts and nowhere else. */
  readonly word: string;
  readonly idempotencyKey: string;
  readonly cursor: Uint8Array;
  readonly position: Uint8Array;
  readonly keyId: string;
}

export interface Row {
  /** `open`: everybody; `tenant`: any credential; `server`: one of the server. */
  readonly who: "open" | "tenant" | "server";
  /** Where the tenant is named: in the message's context, in an argument of its own, or nowhere. */
  readonly tenant: "context" | "argument" | "none";
  /** The request, but for its context. */
  readonly ask: (things: Things) => object;
  /** What asking about another tenant's things is answered with; "ok": an answer with nothing of theirs. */
  readonly foreign: string;
}

export const SERVICES = [
  EntDBService,
  EventStoreService,
  EventStore,
  TenantService,
  OperationsService,
  Health,
  ServerReflection,
  ServerReflectionAlpha,
] as const;

type Ask = Row["ask"];

const nothing: Ask = () => ({});
const inTenant = (ask: Ask, foreign = "ok"): Row => ({
  who: "tenant",
  tenant: "context",
  ask,
  foreign,
});
const ofServer = (ask: Ask, foreign = "ok"): Row => ({
  who: "server",
  tenant: "argument",
  ask,
  foreign,
});
const byArgument = (ask: Ask, foreign: string): Row => ({
  who: "tenant",
  tenant: "argument",
  ask,
  foreign,
});
const ofNobody = (who: Row["who"], ask: Ask = nothing): Row => ({
  who,
  tenant: "none",
  ask,
  foreign: "ok",
});

const PERSON = 1;
/** A tenant that the rows make, use and delete, in the order in which the service lists its RPCs. */
const SPARE = "spare";
const text = (value: string) => ({ kind: { case: "strValue", value } });

const GRAPH: Readonly<Record<string, Row>> = {
  ExecuteAtomic: inTenant(
    ({ nodeId }) => ({
      operations: [
        {
          operation: {
            case: "updateNode",
            value: { id: nodeId, fields: { 3: { kind: { case: "intValue", value: 5n } } } },
          },
        },
      ],
    }),
    "NODE_NOT_FOUND",
  ),
  GetReceipt: inTenant(({ idempotencyKey }) => ({ idempotencyKey })),
  GetNode: inTenant(({ nodeId }) => ({ id: nodeId }), "NODE_NOT_FOUND"),
  GetNodes: inTenant(({ nodeId, otherNodeId }) => ({ ids: [nodeId, otherNodeId] })),
  GetNodeByKey: inTenant(
    ({ mail }) => ({ typeId: PERSON, key: { case: "fieldId", value: 2 }, values: [text(mail)] }),
    "NODE_NOT_FOUND",
  ),
  QueryNodes: inTenant(({ cursor }) => ({ typeId: PERSON, pageSize: 1, cursor }), "INVALID_CURSOR"),
  CountNodes: inTenant(() => ({ typeId: PERSON })),
  ListEdges: inTenant(({ nodeId }) => ({ nodeId, withNodes: true }), "NODE_NOT_FOUND"),
  ListConnected: inTenant(({ nodeId }) => ({ nodeId, edgeTypeId: 100 }), "NODE_NOT_FOUND"),
  SearchNodes: inTenant(({ word }) => ({ query: word })),
  WatchChanges: inTenant(() => ({ fromBeginning: true, withNodes: true, heartbeatMs: 1_000 })),
  ListGrants: inTenant(({ nodeId }) => ({ nodeId }), "NODE_NOT_FOUND"),
  ListMailbox: inTenant(nothing),
  SearchMailbox: inTenant(({ word }) => ({ query: word })),
  GetUnreadCount: inTenant(nothing),
  MarkRead: inTenant(({ position }) => ({ items: { upTo: position } })),
  DeleteMailboxItems: inTenant(({ position }) => ({ items: { upTo: position } })),
  GetSchema: inTenant(nothing),
  RegisterSchema: inTenant(() => ({ schema: {} })),
  CheckSchema: inTenant(() => ({ schema: {} })),
  Health: ofNobody("tenant"),
};

/** Named otherwise than any tenant's own, so that an answer that repeats it tells nothing. */
const AGGREGATE = "of-the-matrix";
const APPEND = {
  aggregateId: AGGREGATE,
  aggregateType: "Account",
  expected: { kind: { case: "any", value: true } },
  events: [{ eventType: "account.credited" }],
};

const EVENTS: Readonly<Record<string, Row>> = {
  AppendEvents: inTenant(() => ({ appends: [APPEND] })),
  ReadAggregate: inTenant(({ word }) => ({ aggregateId: word })),
  ReadEvents: inTenant(nothing),
  GetAggregate: inTenant(({ word }) => ({ aggregateId: word }), "AGGREGATE_NOT_FOUND"),
  ListAggregates: inTenant(nothing),
  SubscribeEvents: inTenant(nothing),
  GetCheckpoint: inTenant(() => ({ consumer: "matrix" })),
  StoreCheckpoint: inTenant(() => ({ checkpoint: { consumer: "matrix", globalNonce: 1n } })),
  ListAggregateGrants: inTenant(() => ({ aggregateType: "Account" })),
  SetAggregateGrants: inTenant(() => ({ grants: { aggregateType: "Order", reset: true } })),
};

const EVENTSTORE_V1: Readonly<Record<string, Row>> = {
  Append: byArgument(
    ({ tenantId }) => ({
      tenantId,
      aggregateId: `${AGGREGATE}-v1`,
      aggregateType: "Account",
      events: [{ meta: { eventId: "of the matrix", aggregateNonce: 1n } }],
    }),
    "TENANT_MISMATCH",
  ),
  ReadStream: byArgument(
    ({ tenantId, word }) => ({ tenantId, aggregateId: word }),
    "TENANT_MISMATCH",
  ),
  Subscribe: byArgument(({ tenantId }) => ({ tenantId }), "TENANT_MISMATCH"),
};

const TENANTS: Readonly<Record<string, Row>> = {
  CreateTenant: ofServer(() => ({ tenantId: SPARE, admins: ["user:ada"] })),
  GetTenant: byArgument(({ tenantId }) => ({ tenantId }), "TENANT_NOT_FOUND"),
  ListTenants: ofServer(nothing),
  SuspendTenant: ofServer(() => ({ tenantId: SPARE })),
  ResumeTenant: ofServer(() => ({ tenantId: SPARE })),
  DeleteTenant: ofServer(() => ({ tenantId: SPARE, confirm: SPARE })),
  SetTenantLimits: ofServer(({ tenantId }) => ({ tenantId, limits: {} })),
  SetSchemaLock: inTenant(() => ({ locked: false })),
  SetMember: inTenant(() => ({ member: { principal: "user:bob", roles: [] } })),
  RemoveMember: inTenant(() => ({ principal: "user:bob" })),
  ListMembers: inTenant(nothing),
  PutRole: inTenant(() => ({ role: { name: "editor", rights: [] } })),
  DeleteRole: inTenant(() => ({ name: "editor" })),
  ListRoles: inTenant(nothing),
  PutGroup: inTenant(() => ({ name: "eng" })),
  DeleteGroup: inTenant(() => ({ name: "eng" })),
  AddGroupMember: inTenant(({ word }) => ({ group: word, member: "user:bob" }), "GROUP_NOT_FOUND"),
  RemoveGroupMember: inTenant(
    ({ word }) => ({ group: word, member: "user:bob" }),
    "GROUP_NOT_FOUND",
  ),
  ListGroups: inTenant(nothing),
  CreateApiKey: byArgument(
    ({ tenantId }) => ({ tenantId, actor: "user:app", name: "of the matrix" }),
    "TENANT_NOT_FOUND",
  ),
  ListApiKeys: byArgument(({ tenantId }) => ({ tenantId }), "TENANT_NOT_FOUND"),
  RevokeApiKey: byArgument(({ keyId }) => ({ keyId }), "API_KEY_NOT_FOUND"),
  ListAuditEvents: byArgument(({ tenantId }) => ({ tenantId }), "TENANT_NOT_FOUND"),
};

const OPERATIONS: Readonly<Record<string, Row>> = {
  GetLogPosition: ofServer(nothing),
  GetArchiveState: ofServer(nothing),
  CreateSnapshot: ofServer(({ tenantId }) => ({ tenantId })),
  ListSnapshots: ofServer(({ tenantId }) => ({ tenantId })),
  RebuildTenant: ofServer(({ tenantId }) => ({ tenantId })),
  RetryTenant: ofServer(({ tenantId }) => ({ tenantId })),
};

const LIST = () => ({ messageRequest: { case: "listServices", value: "" } });

/** By full name: "entdb.v1.EntDBService/GetNode". */
export const ROWS: ReadonlyMap<string, Row> = new Map([
  ...named(EntDBService, GRAPH),
  ...named(EventStoreService, EVENTS),
  ...named(EventStore, EVENTSTORE_V1),
  ...named(TenantService, TENANTS),
  ...named(OperationsService, OPERATIONS),
  ...named(Health, { Check: ofNobody("open"), Watch: ofNobody("tenant") }),
  ...named(ServerReflection, { ServerReflectionInfo: ofNobody("server", LIST) }),
  ...named(ServerReflectionAlpha, { ServerReflectionInfo: ofNobody("server", LIST) }),
]);

function named(service: { readonly typeName: string }, rows: Readonly<Record<string, Row>>) {
  return Object.entries(rows).map(([name, row]) => [`${service.typeName}/${name}`, row] as const);
}
