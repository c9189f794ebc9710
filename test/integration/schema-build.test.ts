/**
 * A schema that concerns rows which are there: they are brought to it in slices, the outcome
 * comes last, a refusal leaves nothing behind, and a crash anywhere makes no difference. Slices
 * are of one row or a few, so that there are many; a view that does the same in one
 * transaction is what they are held against.
 */
import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { EntError } from "../../src/base/errors.ts";
import type { JsonObject, JsonValue } from "../../src/base/json.ts";
import { turn } from "../../src/base/turn.ts";
import type { RequestedOperation } from "../../src/engine/engine.ts";
import { contentHash, type ViewRows, viewRows } from "../harness/built-views.ts";
import { FakeClock } from "../harness/fake-clock.ts";
import { createEdge, createNode, deleteNode, int, ownId, str } from "../harness/operations.ts";
import { TestPartition, type TestPartitionOptions, until } from "../harness/partition.ts";
import { refused } from "../harness/refusal.ts";
import { schemaOf } from "../harness/schemas.ts";
import { Watcher } from "../harness/watcher.ts";

const SLICED: TestPartitionOptions = { wal: "file", buildRowsAtOnce: -1, buildSliceRows: 1 };
const AT_ONCE: TestPartitionOptions = { buildRowsAtOnce: 1_000_000 };
const NODES = 8;

const FIELDS = [
  { field_id: 1, name: "email", kind: "str" },
  { field_id: 2, name: "rank", kind: "int" },
  { field_id: 3, name: "team", kind: "str", indexed: true },
  { field_id: 4, name: "badge", kind: "int", unique: true },
];
const LIKES = {
  edge_type_id: 10,
  name: "likes",
  fields: [{ field_id: 1, name: "since", kind: "int" }],
};
const OTHER = { type_id: 2, name: "Other", fields: [{ field_id: 1, name: "text", kind: "str" }] };

interface Forms {
  readonly fields?: readonly JsonObject[];
  readonly keys?: readonly JsonObject[];
  readonly likes?: JsonObject;
  readonly without?: "Other" | "likes";
}

/** The schema that all tests begin with, with some of it changed. */
function schemaForm({
  fields = FIELDS,
  keys = [],
  likes = LIKES,
  without,
}: Forms = {}): JsonObject {
  const user = { type_id: 1, name: "User", fields: [...fields], unique_keys: [...keys] };
  return {
    node_types: without === "Other" ? [user] : [user, OTHER],
    edge_types: without === "likes" ? [] : [likes],
    reserved_type_ids: without === "Other" ? [2] : [],
    reserved_edge_type_ids: without === "likes" ? [10] : [],
  };
}

const changed = (fieldId: number, change: JsonObject): JsonObject[] =>
  FIELDS.map((field) => (field.field_id === fieldId ? { ...field, ...change } : field));
const withField = (field: JsonObject): JsonObject[] => [...FIELDS, field];

/** Users with an email each, ranks and teams in common, one deleted; each likes the next. */
function userRows(): RequestedOperation[] {
  const users = Array.from({ length: NODES }, (_, i) => {
    const values = { 1: str(`user-${i}`), 2: int(i % 3), 3: str(`team ${i % 2}`), 4: int(i) };
    return createNode(1, values, { id: ownId("nd", i) });
  });
  const edges = Array.from({ length: NODES - 1 }, (_, i) =>
    createEdge(10, ownId("nd", i), ownId("nd", i + 1), {}, { id: ownId("ed", i) }),
  );
  return [...users, ...edges, deleteNode(ownId("nd", NODES - 1))];
}

/** Enough of them that a build in slices of one takes longer than what others do meanwhile. */
const MANY = 900;

const manyUsers = (users: number): RequestedOperation[] =>
  Array.from({ length: users }, (_, i) => createNode(1, { 2: int(i) }, { id: ownId("nd", i) }));

const likesOf = (users: number): RequestedOperation[] =>
  Array.from({ length: users - 1 }, (_, i) =>
    createEdge(10, ownId("nd", i), ownId("nd", i + 1), {}, { id: ownId("ed", i) }),
  );

async function grown(options: TestPartitionOptions, rows = userRows()): Promise<TestPartition> {
  const partition = await TestPartition.open(options);
  const tenant = partition.tenant("acme");
  await tenant.register(schemaForm(), "first");
  if (rows.length > 0) await tenant.execute(rows, { key: "rows" });
  return partition;
}

/** The change applied in slices to one partition and at once to another; the rows that both end with. */
async function both(form: JsonValue, rows = userRows()) {
  await using sliced = await grown(SLICED, rows);
  await using direct = await grown(AT_ONCE, rows);
  const outcomes: unknown[] = [];
  for (const partition of [sliced, direct]) {
    const tenant = partition.tenant("acme");
    const registering = tenant.register(form, "change", "replace");
    outcomes.push(await registering.then(() => "applied", wordsOf));
  }
  await until(() => sliced.engine.logState().tenantsBehind.length === 0);
  const views = [viewRows(sliced, "acme"), viewRows(direct, "acme")] as const;
  expect(outcomes[0]).toEqual(outcomes[1]);
  expect(views[0]).toEqual(views[1]);
  const before = sliced.trouble.filter(({ what }) => what === "building");
  expect(before).toHaveLength(1);
  const never = new AbortController().signal;
  const rebuilt = await sliced.engine.rebuildTenant("acme", never);
  expect(rebuilt.contentHashAfter).toBe(rebuilt.contentHashBefore);
  return { outcome: outcomes[0], rows: views[0].rows };
}

function wordsOf({ code, reason, message, hint, details }: EntError) {
  return { code, reason, message, hint, details };
}

const count = (rows: unknown[][] | undefined, ...start: bigint[]) =>
  (rows ?? []).filter((row) => start.every((value, i) => row[i] === value)).length;

describe("each step", () => {
  test("a field becomes unique", async () => {
    const { outcome, rows } = await both(schemaForm({ fields: changed(1, { unique: true }) }));
    expect(outcome).toBe("applied");
    expect(count(rows["unique_values"], 1n, 1n)).toBe(NODES - 1);
  });

  test("an indexed field becomes unique, and loses its other index", async () => {
    const fields = changed(3, { unique: true });
    const rows = userRows().slice(0, 2);
    const built = await both(schemaForm({ fields }), rows);
    expect(count(built.rows["unique_values"], 1n, 3n)).toBe(2);
    expect(count(built.rows["field_values"])).toBe(0);
  });

  test("a unique field becomes merely indexed", async () => {
    const fields = changed(4, { unique: false, indexed: true });
    const { rows } = await both(schemaForm({ fields }));
    expect(count(rows["field_values"], 1n, 4n)).toBe(NODES - 1);
    expect(count(rows["unique_values"])).toBe(0);
  });

  test("a field becomes indexed", async () => {
    const { rows } = await both(schemaForm({ fields: changed(2, { indexed: true }) }));
    expect(count(rows["field_values"], 1n, 2n)).toBe(NODES - 1);
  });

  test("indexes that are gone lose their rows", async () => {
    const fields = FIELDS.map(({ indexed: _, unique: __, ...field }) => field);
    const { rows } = await both(schemaForm({ fields }));
    expect([count(rows["field_values"]), count(rows["unique_values"])]).toEqual([0, 0]);
  });

  test("a composite key is added", async () => {
    const keys = [{ key_id: 1, name: "place", field_ids: [2, 4] }];
    const { rows } = await both(schemaForm({ keys }));
    expect(count(rows["unique_values"], 1n, -1n)).toBe(NODES - 1);
  });

  test("an edge type is limited to one from each node", async () => {
    const built = await both(schemaForm({ likes: { ...LIKES, unique_per_from: true } }));
    expect(built.outcome).toBe("applied");
  });

  test("types without rows are removed", async () => {
    expect((await both(schemaForm({ without: "Other" }))).outcome).toBe("applied");
    const nodesOnly = userRows().slice(0, 3);
    const other = createNode(2, {}, { id: ownId("nd", 99) });
    const built = await both(schemaForm({ without: "likes" }), [...nodesOnly, other]);
    expect(built.outcome).toBe("applied");
  });

  test("a field becomes searchable, and is no longer", async () => {
    const fields = changed(1, { searchable: true });
    const { rows } = await both(schemaForm({ fields }));
    expect(count(rows["search_rows"])).toBe(NODES - 1);
  });

  test("defaults are written into nodes, deleted ones too, and into edges; versions stay", async () => {
    const fields = withField({
      field_id: 5,
      name: "level",
      kind: "int",
      required: true,
      default: 3,
      indexed: true,
    });
    const since = { field_id: 1, name: "since", kind: "int", required: true, default: 9 };
    const form = schemaForm({ fields, likes: { ...LIKES, fields: [since] } });
    const { rows } = await both(form);
    expect(count(rows["field_values"], 1n, 5n)).toBe(NODES - 1);

    await using partition = await grown(SLICED);
    const tenant = partition.tenant("acme");
    const before = await tenant.node(ownId("nd", NODES - 1), { deleted: true });
    await tenant.register(form, "change", "replace");
    const after = await tenant.node(ownId("nd", NODES - 1), { deleted: true });
    expect(after).toEqual({ ...before, fields: new Map([...before.fields, [5, int(3)]]) });
    const [edge] = await tenant.allEdges({ nodeId: ownId("nd", 0) });
    expect(edge?.fields).toEqual(new Map([[1, int(9)]]));
  });
});

describe("a refusal", () => {
  const unique = { field_id: 5, name: "code", kind: "str", unique: true, required: true };
  const twoEdges = [
    ...userRows(),
    createEdge(10, ownId("nd", 0), ownId("nd", 3), {}, { id: ownId("ed", 90) }),
  ];
  const other = [createNode(2, {}, { id: ownId("nd", 99) }), deleteNode(ownId("nd", 99))];
  const changes: [string, string, JsonValue, RequestedOperation[]][] = [
    [
      "values that are there twice",
      "unique_added",
      schemaForm({ fields: changed(2, { unique: true }) }),
      userRows(),
    ],
    [
      "a composite key held twice",
      "unique_key_added",
      schemaForm({
        keys: [{ key_id: 1, name: "place", field_ids: [2, 3] }],
        fields: changed(1, { unique: true }),
      }),
      userRows(),
    ],
    [
      "one default for several unique values",
      "required_field_added",
      schemaForm({ fields: withField({ ...unique, default: "x" }) }),
      userRows(),
    ],
    [
      "several edges from one node",
      "unique_per_from_added",
      schemaForm({ likes: { ...LIKES, unique_per_from: true } }),
      twoEdges,
    ],
    [
      "nodes of a type that is removed",
      "type_removed",
      schemaForm({ without: "Other" }),
      [...userRows(), ...other],
    ],
    [
      "edges of a type that is removed",
      "type_removed",
      schemaForm({ without: "likes" }),
      userRows(),
    ],
  ];

  test.each(changes)("for %s leaves nothing behind", async (_name, change, form, rows) => {
    await using control = await grown(SLICED, rows);
    const { outcome, rows: left } = await both(form, rows);
    expect(outcome).toMatchObject({ reason: "SCHEMA_INCOMPATIBLE", details: { change } });
    expect(outcome).toMatchObject({ hint: expect.stringMatching(/\w/) });
    expect(left).toEqual(viewRows(control, "acme").rows);
  });

  test("of another operation takes back what the types that came along had done", async () => {
    const rows = userRows();
    await using control = await grown(SLICED, rows);
    const form = { node_types: [{ type_id: 1, name: "User", fields: withField({ ...REQUIRED }) }] };
    const views: ViewRows[] = [];
    for (const options of [SLICED, AT_ONCE]) {
      await using partition = await grown(options, rows);
      const tenant = partition.tenant("acme");
      const operations = [
        createNode(1, { 4: int(0) }, { id: ownId("nd", 200), alias: "a", returnExisting: true }),
        deleteNode(ownId("nd", 201)),
      ];
      const error = await refused(
        tenant.execute(operations, { key: "both", schema: schemaOf(form) }),
      );
      expect(error.reason).toBe("NODE_NOT_FOUND");
      views.push(viewRows(partition, "acme"));
      const again = await refused(
        tenant.execute(operations, { key: "both", schema: schemaOf(form) }),
      );
      expect(wordsOf(again)).toEqual(wordsOf(error));
    }
    expect(views[0]).toEqual(views[1]);
    expect(views[0]?.rows).toEqual(viewRows(control, "acme").rows);
  });

  test("before the append: a replacement that does not come alone", async () => {
    await using partition = await grown(SLICED);
    const end = partition.partition.wal.end;
    const replace = {
      op: "register_schema",
      schema: schemaOf(schemaForm()),
      mode: "replace",
    } as const;
    const error = await refused(partition.tenant("acme").execute([replace, createNode(2)]));
    expect(error.reason).toBe("INVALID_REQUEST");
    expect(partition.partition.wal.end).toBe(end);
  });

  test("of a change that concerns rows and does not come first", async () => {
    await using partition = await grown(SLICED);
    const fields = withField(REQUIRED);
    const merge = { op: "register_schema", schema: schemaOf(schemaForm({ fields })) } as const;
    const tenant = partition.tenant("acme");
    const error = await refused(tenant.execute([createNode(2), merge]));
    expect(error.reason).toBe("INVALID_REQUEST");
    expect(error.message).toContain("before everything else");
    expect((await tenant.execute([merge, createNode(2)])).results).toHaveLength(2);
  });
});

const REQUIRED = { field_id: 5, name: "level", kind: "int", required: true, default: 3 };

describe("while a schema is built", () => {
  const indexed = schemaForm({ fields: changed(2, { indexed: true }) });

  test("the tenant is read under the old schema, its writes wait, and others go on", async () => {
    await using partition = await grown(SLICED, manyUsers(MANY));
    const tenant = partition.tenant("acme");
    const old = (await tenant.schema()).fingerprint;
    const registering = tenant.register(indexed, "change", "replace");
    await until(() => behindOf(partition)?.trouble === "building");
    const held = partition.engine.logState().checkpointOffset;

    const other = partition.tenant("other");
    await other.register(schemaForm());
    await other.one(createNode(1, { 4: int(1) }, { id: ownId("nd", 1) }));
    expect((await other.node(ownId("nd", 1))).fields.get(4)).toEqual(int(1));
    // All that while the build was under way.
    expect(behindOf(partition)?.trouble).toBe("building");

    const writing = tenant.one(createNode(1, { 2: int(70) }, { id: ownId("nd", 9_000) }), {
      key: "later",
    });
    let waited = 0;
    for (;;) {
      const now = await tenant.schema();
      const users = await tenant.count({ typeId: 1 });
      if ((await tenant.schema()).build === undefined) break;
      waited += 1;
      expect(now.fingerprint).toBe(old);
      expect(now.build?.walPosition).toMatch(/^0:\d+$/);
      expect(users).toBe(MANY);
      expect((await tenant.receipt("change")).state).toBe("pending");
      // Whether the record of a key waits behind the build, nobody knows before it is done.
      const unsure = await refused(tenant.receipt("of an earlier start"));
      expect([unsure.reason, unsure.retryable]).toEqual(["SCHEMA_BUILDING", true]);
      const never = new AbortController().signal;
      const rebuilding = await refused(partition.engine.rebuildTenant("acme", never));
      expect(rebuilding.reason).toBe("SCHEMA_BUILDING");
      expect(partition.engine.health()).toMatchObject({
        status: "healthy",
        components: { sqlite: "ok" },
      });
      expect(partition.engine.logState().checkpointOffset).toBe(held);
      await turn();
    }
    expect(waited).toBeGreaterThan(3);
    const { fingerprint } = await registering;
    await writing;
    expect(fingerprint).not.toBe(old);
    expect(await tenant.schema()).toMatchObject({ fingerprint, build: undefined });
    expect((await tenant.receipt("later")).state).toBe("applied");
    expect(count(viewRows(partition, "acme").rows["field_values"], 1n, 2n)).toBe(MANY + 1);
    await until(() => behindOf(partition) === undefined);
    expect(partition.trouble.map(({ what }) => what)).toEqual(["building", "built"]);
  });

  test("progress is told, and grows to its total", async () => {
    await using partition = await grown(SLICED);
    const tenant = partition.tenant("acme");
    const registering = tenant.register(indexed, "change", "replace");
    const seen: [string, number, number][] = [];
    await until(() => behindOf(partition) !== undefined);
    while (behindOf(partition) !== undefined) {
      const { build } = await tenant.schema();
      if (build !== undefined) seen.push([build.step, build.rowsDone, build.rowsTotal]);
      await turn();
    }
    await registering;
    expect(seen).toContainEqual(["indexes of node type 1 (User)", NODES - 1, NODES - 1]);
    const done = seen.map(([, rows]) => rows);
    expect(done).toEqual([...done].sort((a, b) => a - b));
  });

  test("nobody sees a default before its schema is in force", async () => {
    await using partition = await grown(SLICED, [...manyUsers(40), ...likesOf(40)]);
    const tenant = partition.tenant("acme");
    const id = ownId("nd", 0);
    const since = { field_id: 2, name: "until", kind: "int", required: true, default: 9 };
    const form = schemaForm({
      fields: withField(REQUIRED),
      likes: { ...LIKES, fields: [...LIKES.fields, since] },
    });
    const registering = tenant.register(form, "change", "replace");
    await until(() => behindOf(partition) !== undefined);
    let filled = 0;
    let watcher: Watcher | undefined;
    for (;;) {
      const [node, page] = [await tenant.node(id), await tenant.edges({ nodeId: id })];
      const { build } = await tenant.schema();
      // Before the first slice there is nothing to tell yet.
      if (build === undefined && filled > 0) break;
      filled += build?.step.startsWith("defaults") ? 1 : 0;
      expect([...node.fields.keys()]).toEqual([2]);
      expect(page.edges.map(({ fields }) => fields.size)).toEqual([0]);
      // Who begins to watch now is told of every node as it stands.
      const everything = { fromBeginning: true, withNodes: true };
      if (filled === 10) watcher = new Watcher(partition.engine, tenant.caller, everything);
      await turn();
    }
    expect(filled).toBeGreaterThan(20);
    const told = watcher?.changes.flatMap(({ node }) => [...(node?.fields.keys() ?? [])]) ?? [];
    expect(new Set(told)).toEqual(new Set([2]));
    await watcher?.stop();
    await registering;
    expect([...(await tenant.node(id)).fields.keys()]).toEqual([2, 5]);
    const { edges } = await tenant.edges({ nodeId: id });
    expect(edges[0]?.fields).toEqual(new Map([[2, int(9)]]));
  });

  test("a read that must see it waits, and fails at its deadline; so does a write", async () => {
    await using partition = await grown(SLICED, manyUsers(MANY));
    const tenant = partition.tenant("acme");
    const registering = tenant.register(indexed, "change", "replace");
    await until(() => behindOf(partition) !== undefined);
    const { end } = partition.partition.wal;
    const deadline = new AbortController();
    const ask = { strong: true, signal: deadline.signal };
    const asked = [refused(tenant.schema(ask)), refused(tenant.one(createNode(2), deadline))];
    await until(() => partition.partition.wal.end > end);
    await turn();
    deadline.abort(late());
    const [read, write] = await Promise.all(asked);
    expect(behindOf(partition)?.trouble).toBe("building");
    expect(read?.reason).toBe("POSITION_NOT_REACHED");
    expect(write).toMatchObject({ reason: "DEADLINE_EXCEEDED" });
    expect(write?.details["wal_position"]).toMatch(/^0:\d+$/);

    const strong = await tenant.schema({ strong: true });
    expect(strong).toMatchObject({ build: undefined });
    expect(strong.fingerprint).toBe((await registering).fingerprint);
    expect(await tenant.count({ typeId: 2 }, { strong: true })).toBe(1);
  });

  test("the same request with the same key waits for the same outcome", async () => {
    await using partition = await grown(SLICED);
    const tenant = partition.tenant("acme");
    const registering = tenant.register(indexed, "change", "replace");
    await until(() => behindOf(partition) !== undefined);
    const again = tenant.register(indexed, "change", "replace");
    expect((await again).fingerprint).toBe((await registering).fingerprint);
  });
});

describe("a crash", () => {
  const everything = schemaForm({
    fields: [...changed(1, { unique: true }), { ...REQUIRED, indexed: true }].map((field) =>
      field["field_id"] === 3 ? { ...field, indexed: false } : field,
    ),
    likes: {
      ...LIKES,
      unique_per_from: true,
      fields: [{ ...LIKES.fields[0], required: true, default: 1 }],
    },
  });
  const refusedLate = schemaForm({
    fields: changed(1, { unique: true }),
    keys: [{ key_id: 1, name: "place", field_ids: [3, 2] }],
  });

  test.each([
    ["that is applied", everything],
    ["that is refused", refusedLate],
  ])(
    "between any two slices of a change %s makes no difference",
    async (_name, form) => {
      await using partition = await grown(SLICED);
      const registering = partition
        .tenant("acme")
        .register(form, "change", "replace")
        .catch(wordsOf);
      await until(() => behindOf(partition) !== undefined);
      const copies: string[] = [];
      for (; behindOf(partition) !== undefined; await turn()) copies.push(partition.copy());
      await registering;
      expect(copies.length).toBeGreaterThan(10);
      await expectSame(partition, copies);
    },
    60_000,
  );

  test("inside a slice leaves that slice undone", async () => {
    const clock = new AskedClock();
    await using partition = await grown({ ...SLICED, buildSliceRows: 1_000, clock });
    const copies: string[] = [];
    clock.asked = () => {
      if (behindOf(partition) !== undefined && copies.length < 8) copies.push(partition.copy());
    };
    await partition.tenant("acme").register(everything, "change", "replace");
    clock.asked = () => undefined;
    await until(() => behindOf(partition) === undefined);
    expect(copies.length).toBe(8);
    await expectSame(partition, copies);
  }, 60_000);

  test("of nothing but the disk's patience: a locked file stalls it, and it goes on by itself", async () => {
    await using partition = await grown({ ...SLICED, busyTimeoutMs: 1 });
    await using control = await grown(AT_ONCE);
    const registering = partition.tenant("acme").register(everything, "change", "replace");
    await until(() => viewRows(partition, "acme").rows["schema_build"]?.length === 1);
    const locker = new Database(join(partition.directoryOf("acme"), "canonical.db"));
    locker.run("BEGIN IMMEDIATE");
    await until(() => behindOf(partition)?.trouble === "stalled");
    locker.run("ROLLBACK");
    locker.close();
    const registered = registering.finally(() => undefined);
    await until(
      () => behindOf(partition) === undefined,
      () => partition.fakeClock.advance(50),
    );
    await registered;
    await control.tenant("acme").register(everything, "change", "replace");
    expect(viewRows(partition, "acme").rows).toEqual(viewRows(control, "acme").rows);
    const told = partition.trouble.map(({ what }) => what);
    expect(told).toEqual(["building", "stalled", "building", "resumed"]);
  });

  test("and a stop in order hold the checkpoint before what is not done", async () => {
    await using partition = await grown(SLICED);
    const tenant = partition.tenant("acme");
    const dropping = schemaForm({ fields: changed(3, { indexed: false }) });
    const registering = tenant.register(dropping, "change", "replace").catch(wordsOf);
    await until(() => behindOf(partition) !== undefined);
    await partition.restart();
    await registering;
    await until(() => behindOf(partition) === undefined);
    expect(count(viewRows(partition, "acme").rows["field_values"])).toBe(0);
    expect((await tenant.receipt("change")).state).toBe("applied");
  });
});

/** A clock that lets a test in whenever it is asked, also in the middle of a slice. */
class AskedClock extends FakeClock {
  asked: () => void = () => undefined;

  override monotonic(): number {
    this.asked();
    return super.monotonic();
  }
}

/** Every copy, opened as after a crash, comes to what the partition has come to. */
async function expectSame(partition: TestPartition, copies: readonly string[]): Promise<void> {
  const hash = await contentHash(partition, "acme");
  for (const from of copies) {
    await using crashed = await TestPartition.open({ ...SLICED, from });
    await until(() => behindOf(crashed) === undefined);
    expect(viewRows(crashed, "acme").rows["schema_build"]).toEqual([]);
    expect(await contentHash(crashed, "acme")).toBe(hash);
  }
}

function late(): EntError {
  return new EntError({
    code: "deadline_exceeded",
    reason: "DEADLINE_EXCEEDED",
    message: "It took too long.",
    hint: "",
  });
}

function behindOf(partition: TestPartition) {
  return partition.engine.logState().tenantsBehind.find(({ tenantId }) => tenantId === "acme");
}
