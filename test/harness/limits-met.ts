/**
 * The limits that a client meets: what is done up to each of them, and past it. Through the
 * engine, as every face asks it, or through REST where a face checks what no engine sees.
 */
import { TRUSTED } from "../../src/access/identity.ts";
import type { JsonObject, JsonValue } from "../../src/base/json.ts";
import type { LimitName } from "../../src/base/limits.ts";
import type { QueryRequest } from "../../src/engine/engine.ts";
import type { Filter } from "../../src/query/query.ts";
import { type Mail, NO_MAIL } from "../../src/record/transaction.ts";
import type { Value } from "../../src/schema/value.ts";
import { EVENT_LIMITS_MET } from "./event-limits-met.ts";
import {
  accepted,
  COUNT,
  type FilledLimit,
  inSteps,
  LIMIT_SCHEMA,
  LINK,
  type LimitBed,
  META,
  SET_ROWS,
  several,
  TAGS,
  type TakenLimit,
  TEXT,
  THING,
  things,
  WIDE,
  WIDE_FIELDS,
  zeros,
} from "./limit-bed.ts";
import { letter, MailboxClient } from "./mailbox.ts";
import {
  createEdge,
  createNode,
  grant,
  int,
  membership,
  ownId,
  sharedWith,
  str,
  updateNode,
} from "./operations.ts";
import { Watcher } from "./watcher.ts";

const never = new AbortController().signal;
const NOW = { atLeast: undefined, strong: false };
const ROOT = { ...TRUSTED, actor: "user:root", credential: "key:root" };

/** A node of THING with one value. */
const valued =
  (fieldId: number, value: (size: number) => Value): TakenLimit["take"] =>
  ({ tenant }, size) =>
    tenant.one(createNode(THING, { [fieldId]: value(size) }));

const json = (value: string): Value => ({ kind: "json", value });

const registered =
  (form: (size: number) => JsonObject): TakenLimit["take"] =>
  ({ tenant }, size) =>
    tenant.register(form(size));

/** A schema with one type of a number that is free. */
const typeWith = (more: JsonObject): JsonObject => ({
  node_types: [{ type_id: 7, name: "Seven", ...more }],
});

const texts = (count: number, more: JsonObject = {}): JsonObject[] =>
  several(count, (i) => ({ field_id: i + 1, name: `f${i}`, kind: "str", ...more }));

const choice = (values: readonly JsonValue[]): JsonObject =>
  typeWith({ fields: [{ field_id: 1, name: "f", kind: "enum", enum_values: [...values] }] });

function keyed(keys: number, members: number): JsonObject {
  const unique = several(keys, (i) => ({
    key_id: i + 1,
    name: `k${i}`,
    field_ids: several(members, (j) => j + 1),
  }));
  return typeWith({ fields: texts(members), unique_keys: unique });
}

const queried =
  (request: (size: number) => Partial<QueryRequest>): TakenLimit["take"] =>
  ({ tenant }, size) =>
    tenant.query({ typeId: THING, ...request(size) });

const textIs: Filter = {
  op: "eq",
  operand: { of: "field", fieldId: TEXT },
  values: [str("x")],
};

const nested = (depth: number): Filter =>
  depth === 1 ? textIs : { op: "and", filters: [nested(depth - 1)] };

const searched =
  (request: (size: number) => object): TakenLimit["take"] =>
  ({ tenant }, size) => {
    const search = { query: "x", typeIds: [], fieldIds: [], prefix: false, pageSize: 0 };
    const whole = { ...search, cursor: undefined, ...request(size) };
    return tenant.engine.searchNodes(tenant.caller, whole, NOW, never);
  };

const mailed =
  (mail: (size: number) => Partial<Mail>): TakenLimit["take"] =>
  ({ tenant }, size) =>
    tenant.one(letter(["user:bob"], {}, { typeId: THING, mail: { ...NO_MAIL, ...mail(size) } }));

const watched =
  (request: (size: number) => object): TakenLimit["take"] =>
  async ({ tenant }, size) => {
    const watcher = await new Watcher(tenant.engine, tenant.caller, request(size)).begun();
    if (watcher.error !== undefined) throw watcher.error;
    await watcher.stop();
  };

const putGroup = (group: string) => ({ action: "put_group", group }) as const;
const putRole = (role: string) => ({ action: "put_role", role, rights: [] }) as const;
const join = (group: string, member: string) =>
  ({ action: "add_to_group", group, member }) as const;

/** Each new group holds the one before. */
const nest = (bed: LimitBed, from: number, until: number) =>
  bed.tenant.execute(
    several(until - from, (i) => from + i).flatMap((i) => [
      membership(putGroup(`g${i}`)),
      ...(i === 0 ? [] : [membership(join(`g${i}`, `group:g${i - 1}`))]),
    ]),
  );

const apiKey = ({ partition, tenant }: LimitBed, name = "") => {
  const { tenantId } = tenant.caller;
  const request = { tenantId, actor: "user:app", mayActAs: [], roles: [], name, expiresAt: 0 };
  return partition.engine.administration.createApiKey(ROOT, request, never);
};

const NODE = ownId("nd", 1);
const OTHER = ownId("nd", 2);
const linkedToNew = (fromId: string, i: number) => [
  createNode(THING, {}, { alias: `n${i}` }),
  createEdge(LINK, fromId, `$n${i}.id`),
];

const taken = (take: TakenLimit["take"]): TakenLimit => ({ take });

type Rows = Readonly<Partial<Record<LimitName, TakenLimit | FilledLimit>>>;

const IDENTITIES = {
  tenantIdChars: {
    reason: "INVALID_TENANT_ID",
    take: ({ rest }, size) =>
      accepted(
        rest.post("/v1/schema", LIMIT_SCHEMA, {
          "x-tenant-id": "t".repeat(size),
          "idempotency-key": "once",
        }),
      ),
  },
  actorBytes: {
    reason: "INVALID_ACTOR",
    take: ({ rest, tenant }, size) => {
      const headers = {
        "x-tenant-id": tenant.caller.tenantId,
        "x-actor": `user:${"x".repeat(size - "user:".length)}`,
      };
      return accepted(rest.get("/v1/schema", headers));
    },
  },
  apiKeyNameChars: {
    reason: "INVALID_REQUEST",
    take: (bed, size) => apiKey(bed, "x".repeat(size)),
  },
  apiKeysPerTenant: {
    fill: (bed, size) => Promise.all(several(size, () => apiKey(bed))),
    oneMore: (bed) => apiKey(bed),
  },
  tenantRate: {
    reason: "INVALID_REQUEST",
    take: ({ partition, tenant }, requestsPerSecond) => {
      const rate = { requestsPerSecond, requestBurst: undefined };
      const { tenantId } = tenant.caller;
      return partition.engine.administration.setTenantLimits(ROOT, tenantId, rate, never);
    },
  },
} as const satisfies Rows;

const TRANSACTIONS = {
  messageBytes: {
    reason: "MESSAGE_TOO_LARGE",
    take: ({ rest, tenant }, size) => {
      const body = JSON.stringify({ ids: [NODE] }).padEnd(size);
      const { tenantId } = tenant.caller;
      return accepted(rest.post("/v1/nodes/get", body, { "x-tenant-id": tenantId }));
    },
  },
  idempotencyKeyBytes: {
    reason: "INVALID_IDEMPOTENCY_KEY",
    take: ({ tenant }, size) => tenant.execute(things(1), { key: "k".repeat(size) }),
  },
  aliasChars: {
    reason: "ALIAS_INVALID",
    take: ({ tenant }, size) => tenant.one(createNode(THING, {}, { alias: "a".repeat(size) })),
  },
  operationsPerTransaction: taken(({ tenant }, size) => tenant.execute(things(size))),
  listItemsPerValue: taken(
    valued(TAGS, (size) => ({ kind: "list_str", value: several(size, String) })),
  ),
  jsonValueBytes: taken(valued(META, (size) => json(`"${"x".repeat(size - 2)}"`))),
  jsonValueDepth: taken(valued(META, (size) => json("[".repeat(size) + "]".repeat(size)))),
  preconditionsPerOperation: taken(({ tenant }, size) =>
    tenant.execute([
      createNode(WIDE, zeros(WIDE_FIELDS), { alias: "wide" }),
      updateNode("$wide.id", {}, { preconditions: zeros(size) }),
    ]),
  ),
} as const satisfies Rows;

const SHARING = {
  principalsPerNode: taken(({ tenant }, size) =>
    tenant.one(createNode(THING, {}, sharedWith("read", ...several(size, (i) => `user:u${i}`)))),
  ),
  grantsPerNode: {
    fill: async ({ tenant }, size) => {
      await tenant.one(createNode(THING, {}, { id: NODE }));
      await tenant.execute(several(size, (i) => grant(NODE, `user:u${i}`)));
    },
    oneMore: ({ tenant }) => tenant.one(grant(NODE, "user:more")),
  },
  principalsPerActor: {
    // Besides groups there are the actor himself and everybody.
    fill: async (bed, size) => {
      await inSteps(bed, size - 1, (i) => putGroup(`g${i}`));
      await inSteps(bed, size - 2, (i) => join(`g${i}`, "user:bob"));
    },
    oneMore: ({ tenant }) => tenant.one(membership(join("g998", "user:bob"))),
  },
  groupDepth: {
    reason: "GROUP_CYCLE",
    fill: (bed, size) => nest(bed, 0, size),
    oneMore: (bed) => nest(bed, 10, 11),
  },
  membersPerGroup: {
    fill: async (bed, size) => {
      await inSteps(bed, 1, () => putGroup("all"));
      await inSteps(bed, size, (i) => join("all", `user:u${i}`));
    },
    oneMore: ({ tenant }) => tenant.one(membership(join("all", "user:more"))),
  },
  rolesPerTenant: {
    fill: (bed, size) => inSteps(bed, size, (i) => putRole(`r${i}`)),
    oneMore: ({ tenant }) => tenant.one(membership(putRole("more"))),
  },
  groupsPerTenant: {
    fill: (bed, size) => inSteps(bed, size, (i) => putGroup(`g${i}`)),
    oneMore: ({ tenant }) => tenant.one(membership(putGroup("more"))),
  },
  rolesPerMember: taken(async (bed, size) => {
    const roles = several(size, (i) => `r${i}`);
    await inSteps(bed, 101, (i) => putRole(`r${i}`));
    await bed.tenant.one(membership({ action: "set_member", principal: "user:bob", roles }));
  }),
} as const satisfies Rows;

const MAILBOXES = {
  mailboxItemsPerChange: taken(({ tenant }, size) => {
    const itemIds = several(size, (i) => `mi_${String(i).padStart(26, "0")}`);
    return new MailboxClient(tenant).change("mark_read", { itemIds });
  }),
  mailThreadChars: taken(mailed((size) => ({ thread: "t".repeat(size) }))),
  mailMetadataEntries: taken(
    mailed((size) => ({ metadata: new Map(several(size, (i) => [`n${i}`, "v"])) })),
  ),
  mailMetadataNameChars: taken(
    mailed((size) => ({ metadata: new Map([["n".repeat(size), "v"]]) })),
  ),
  mailMetadataValueChars: taken(
    mailed((size) => ({ metadata: new Map([["n", "v".repeat(size)]]) })),
  ),
} as const satisfies Rows;

const SCHEMAS = {
  fieldsPerType: taken(registered((size) => typeWith({ fields: texts(size) }))),
  typesPerSchema: taken(
    registered((size) => ({
      // The types of the bed, two and one, are there already.
      node_types: several(size - 3, (i) => ({ type_id: 1_000 + i, name: `T${i}` })),
    })),
  ),
  enumValuesPerField: taken(registered((size) => choice(several(size, (i) => `v${i}`)))),
  enumValueChars: taken(registered((size) => choice(["v".repeat(size)]))),
  uniqueKeysPerType: taken(registered((size) => keyed(size, 1))),
  fieldsPerKey: taken(registered((size) => keyed(1, size))),
  reservedIds: taken(
    registered((size) => typeWith({ reserved_field_ids: several(size, (i) => i + 1) })),
  ),
  nameChars: {
    reason: "SCHEMA_INVALID",
    take: registered((size) => ({ node_types: [{ type_id: 7, name: "N".repeat(size) }] })),
  },
  descriptionChars: taken(registered((size) => typeWith({ description: "d".repeat(size) }))),
  searchableFieldsPerType: taken(
    registered((size) => typeWith({ fields: texts(size, { searchable: true }) })),
  ),
} as const satisfies Rows;

const READS = {
  idsPerGet: taken(({ tenant }, size) => tenant.nodes(several(size, (i) => ownId("nd", i)))),
  pageRowsMax: taken(queried((pageSize) => ({ pageSize }))),
  pageOffsetMax: taken(queried((offset) => ({ offset }))),
  filterNodes: taken(
    queried((size) => ({ filter: { op: "or", filters: several(size - 1, () => textIs) } })),
  ),
  filterDepth: taken(queried((size) => ({ filter: nested(size) }))),
  filterInValues: taken(
    queried((size) => ({
      filter: { ...textIs, op: "in", values: several(size, (i) => str(`v${i}`)) } as Filter,
    })),
  ),
  likePatternChars: taken(
    queried((size) => ({
      filter: { ...textIs, op: "like", values: [str("x".repeat(size))] } as Filter,
    })),
  ),
  orderTerms: taken(
    queried((size) => ({
      order: several(size, (i) => ({
        operand: { of: "field", fieldId: i % 2 === 0 ? TEXT : COUNT },
        descending: false,
      })),
    })),
  ),
  searchTerms: {
    reason: "SEARCH_INVALID",
    take: searched((size) => ({ query: several(size, () => "x").join(" ") })),
  },
  searchChars: {
    reason: "SEARCH_INVALID",
    take: searched((size) => ({ query: "x".repeat(size) })),
  },
  searchTypes: taken(searched((size) => ({ typeIds: several(size, () => THING) }))),
  searchRowsMax: taken(searched((pageSize) => ({ pageSize }))),
  walkDepth: taken(async ({ tenant }, depth) => {
    await tenant.execute([createNode(THING, {}, { id: NODE })], { key: "once" });
    await tenant.connected({ nodeId: NODE, edgeTypeId: LINK, depth });
  }),
  scanRows: {
    set: SET_ROWS,
    reason: "QUERY_NEEDS_INDEX",
    fill: async ({ tenant }, size) => {
      await tenant.execute([...things(size), ...several(size + 1, () => createNode(WIDE))]);
      await tenant.count({ typeId: THING, filter: textIs });
    },
    oneMore: ({ tenant }) => {
      const operand = { of: "field", fieldId: 1 } as const;
      return tenant.count({ typeId: WIDE, filter: { op: "eq", operand, values: [int(1)] } });
    },
  },
  walkEdges: {
    set: SET_ROWS,
    fill: async ({ tenant }, size) => {
      await tenant.execute([
        createNode(THING, {}, { id: NODE }),
        createNode(THING, {}, { id: OTHER }),
        ...several(size, () => NODE).flatMap(linkedToNew),
        ...several(size + 1, () => OTHER).flatMap((id, i) => linkedToNew(id, size + i)),
      ]);
      await tenant.connected({ nodeId: NODE, edgeTypeId: LINK });
    },
    oneMore: ({ tenant }) => tenant.connected({ nodeId: OTHER, edgeTypeId: LINK }),
  },
  watchTypes: taken(watched((size) => ({ typeIds: several(size, () => THING) }))),
  watchHeartbeatMinMs: {
    isLeast: true,
    reason: "INVALID_REQUEST",
    take: watched((heartbeatMs) => ({ heartbeatMs })),
  },
  watchHeartbeatMaxMs: {
    reason: "INVALID_REQUEST",
    take: watched((heartbeatMs) => ({ heartbeatMs })),
  },
} as const satisfies Rows;

export const LIMITS_MET: Rows = {
  ...IDENTITIES,
  ...TRANSACTIONS,
  ...SHARING,
  ...MAILBOXES,
  ...SCHEMAS,
  ...READS,
  ...EVENT_LIMITS_MET,
};
