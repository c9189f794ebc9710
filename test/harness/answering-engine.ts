import type { Administration } from "../../src/engine/administration.ts";
import type { Changes } from "../../src/engine/changes.ts";
import type { Engine } from "../../src/engine/engine.ts";
import type { EventStore } from "../../src/engine/events.ts";
import type { Mailboxes } from "../../src/engine/mailboxes.ts";
import type { Snapshots } from "../../src/engine/snapshots.ts";
import { encodeEventMetadata, NO_METADATA } from "../../src/record/event-metadata.ts";
import { nodeOf } from "./scripted-engine.ts";

/**
 * One answer for everything that a tenant is administered, searched, watched and written to by,
 * for tests of the form of answers alone.
 */
const TOKEN = new Uint8Array([1]);
const place = { positionToken: TOKEN, walPosition: "0:1" };
const page = { nextCursor: TOKEN, hasMore: true };
const node = { ...nodeOf(), fields: new Map() };

const tenant = {
  tenantId: "acme",
  state: "active",
  createdAt: 1,
  limits: { requestsPerSecond: 1, requestBurst: undefined },
} as const;
const member = { principal: "user:bob", roles: ["admin"] };
const role = { name: "auditor", rights: ["audit"] } as const;
const group = { name: "eng", members: ["user:bob"] };
const key = {
  keyId: "k",
  tenantId: "acme",
  actor: "user:bob",
  mayActAs: ["*"],
  roles: ["admin"],
  name: "n",
  createdAt: 1,
  expiresAt: 2,
  revokedAt: 3,
};
const audited = {
  walPosition: "0:1",
  at: 1,
  action: "grant",
  tenantId: "acme",
  actor: "user:bob",
  credential: "",
  outcome: "applied",
  count: 1,
  details: new Map([["a", "b"]]),
};
const item = {
  id: "mi_01hzy3v7q8r9s0t1v2w3x4y5z6",
  nodeId: node.id,
  typeId: 1,
  deliveredAt: 1,
  read: false,
  snippet: "s",
  thread: "t",
  metadata: new Map([["a", "b"]]),
  sender: "user:bob",
};

const administration: Administration = {
  audited: (_by, _action, work) => work(),
  createTenant: async () => tenant,
  getTenant: () => tenant,
  listTenants: () => ({ items: [tenant], ...page }),
  suspendTenant: async () => tenant,
  resumeTenant: async () => tenant,
  deleteTenant: async () => undefined,
  setTenantLimits: async () => tenant,
  setSchemaLock: async () => undefined,
  setMember: async () => member,
  removeMember: async () => undefined,
  listMembers: () => ({ items: [member], ...page }),
  putRole: async () => role,
  deleteRole: async () => undefined,
  listRoles: () => [role],
  putGroup: async () => group,
  deleteGroup: async () => undefined,
  addGroupMember: async () => undefined,
  removeGroupMember: async () => undefined,
  listGroups: () => ({ items: [group], ...page }),
  createApiKey: async () => ({ key, secret: "edb_k_s" }),
  listApiKeys: () => ({ items: [key], ...page }),
  revokeApiKey: async () => key,
  listAuditEvents: () => ({ items: [audited], ...page }),
};

const mailboxes: Mailboxes = {
  list: async () => ({ items: [item], unreadCount: 1, positionToken: TOKEN, ...page }),
  search: async () => ({
    hits: [{ item, score: 1, highlight: "h" }],
    positionToken: TOKEN,
    ...page,
  }),
  unreadCount: async () => ({ unreadCount: 1, positionToken: TOKEN }),
  change: async () => ({ count: 1, ...place }),
};

const changes: Changes = {
  watch: async function* () {
    yield { changes: [], ...place };
  },
};

const grant = { principal: "user:bob", permission: "read", expiresAt: 1 } as const;
const event = {
  eventId: "e",
  eventType: "account.opened",
  metadata: encodeEventMetadata({
    eventVersion: 1,
    contentType: "application/json",
    contentSchema: "s",
    correlationId: "c",
    causationId: "d",
    actorId: "a",
    timestampUnixMs: 2n ** 64n - 1n,
    payloadSha256: TOKEN,
    headers: new Map([["a", "b"]]),
  }),
  payload: new TextEncoder().encode('{\n"a": 1}'),
  tags: ["account:42"],
  aggregateId: "Account-42",
  aggregateType: "Account",
  aggregateNonce: 1,
  globalNonce: 1,
  recordedAt: 1,
};
const bare = { ...event, metadata: encodeEventMetadata(NO_METADATA), payload: TOKEN, tags: [] };
const eventPage = { events: [event, bare], isEnd: true, nextFrom: 2, positionToken: TOKEN };
const aggregate = {
  aggregateId: "Account-42",
  aggregateType: "Account",
  lastAggregateNonce: 1,
  lastGlobalNonce: 1,
  createdAt: 1,
  updatedAt: 1,
};
const events: EventStore = {
  append: async () => ({ lastAggregateNonce: 1, lastGlobalNonce: 1 }),
  readAggregate: async () => eventPage,
  readEvents: async () => eventPage,
  getAggregate: async () => ({ aggregate, positionToken: TOKEN }),
  listAggregates: async () => ({
    aggregates: [aggregate],
    lastGlobalNonce: 1,
    positionToken: TOKEN,
    ...page,
  }),
  subscribe: async function* () {
    yield { events: [event], upToGlobalNonce: 1 };
  },
  getCheckpoint: async () => ({ globalNonce: 1, updatedAt: 1, positionToken: TOKEN }),
  listAggregateGrants: async () => ({ grants: [grant], isDefault: false, positionToken: TOKEN }),
};

const snapshot = {
  snapshotId: "snap_2024-01-15T10:20:30.123Z",
  tenantId: "acme",
  createdAt: 1,
  walPosition: "0:1",
  logTime: 1,
  bytes: 1,
  schemaFingerprint: "sha256:",
};
const snapshots: Snapshots = {
  create: async () => [snapshot],
  list: async () => [snapshot],
};

/** What goes on top of the graph's own answers. */
export const ANSWERS: Partial<Engine> = {
  administration,
  mailboxes,
  changes,
  events,
  snapshots,
  searchNodes: async () => ({
    hits: [{ node, score: 1, highlights: [{ fieldId: 1, text: "t" }] }],
    positionToken: TOKEN,
    ...page,
  }),
};
