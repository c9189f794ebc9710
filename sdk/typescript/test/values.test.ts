/** Values of every kind, at their limits, written and read back; and those that are refused. */
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import {
  type Client,
  defineNode,
  type EntDBError,
  field,
  LimitExceededError,
  type NewFieldsOf,
  type NodeId,
  SchemaError,
  ValidationError,
} from "@entdb/client";
import { DOORS } from "./fixtures/doors.ts";
import { refusal } from "./fixtures/refusal.ts";
import { useServer } from "./fixtures/suite.ts";

interface Settings {
  readonly theme: string;
  readonly sizes: readonly number[];
}

const Everything = defineNode({
  typeId: 9,
  name: "Everything",
  fields: {
    str: field.str(1),
    int: field.int(2),
    count: field.int(3, { as: "number" }),
    float: field.float(4),
    bool: field.bool(5),
    timestamp: field.timestamp(6),
    level: field.enum(7, ["low", "high"]),
    texts: field.listStr(8),
    ints: field.listInt(9),
    counts: field.listInt(10, { as: "number" }),
    ref: field.ref(11),
    json: field.json<Settings>(12),
    text: field.json(13, { as: "text" }),
    bytes: field.bytes(14),
  },
});
type Fields = NewFieldsOf<typeof Everything>;

const MAX = 2n ** 63n - 1n;

const KEPT: readonly [string, Fields][] = [
  ["nothing", {}],
  [
    "zero, empty, false",
    { str: "", int: 0n, count: 0, float: 0, bool: false, texts: [], ints: [] },
  ],
  ["the whole int64", { int: MAX, ints: [-(2n ** 63n), -1n, 0n, MAX] }],
  ["numbers as numbers", { count: Number.MAX_SAFE_INTEGER, counts: [Number.MIN_SAFE_INTEGER, 5] }],
  ["doubles", { float: 5e-324 }],
  ["a large double", { float: -Number.MAX_VALUE }],
  ["any Unicode", { str: "é 😀 \u0001 \u{10ffff}", texts: ["", "日本語", "a\nb"] }],
  ["moments", { timestamp: new Date(8_640_000_000_000_000) }],
  ["the epoch, and before it", { timestamp: new Date(-1) }],
  ["an enum", { level: "high" }],
  ["JSON", { json: { theme: "dark", sizes: [1, 2.5, -3] } }],
  ["JSON as text, as it is", { text: ' {"b": 1e999, "a": 12345678901234567890}' }],
  ["bytes", { bytes: Uint8Array.from([0, 255, 128]) }],
  ["no bytes", { bytes: new Uint8Array(0) }],
];

describe("values", () => {
  const suite = useServer();
  let clients: readonly Client[] = [];
  let node: NodeId;

  before(async () => {
    clients = DOORS.map((door) => suite.client(door, { schema: [Everything] }));
    const [client] = clients;
    assert.ok(client !== undefined);
    node = (await client.atomic((plan) => plan.create(Everything, {}))).results.id;
  });

  for (const [name, fields] of KEPT) {
    test(`${name}: come back as they were`, async () => {
      for (const client of clients) {
        const { results } = await client.atomic((plan) => plan.create(Everything, fields));
        assert.deepEqual((await client.get(Everything, results.id))?.fields, fields);
      }
    });
  }

  test("a number is an int, a Date or a number is a timestamp, null is absent", async () => {
    for (const client of clients) {
      const given: Fields = { int: 42, timestamp: 5, ints: [1, 2n], str: null, bool: undefined };
      const { results } = await client.atomic((plan) => plan.create(Everything, given));
      assert.deepEqual((await client.get(Everything, results.id))?.fields, {
        int: 42n,
        timestamp: new Date(5),
        ints: [1n, 2n],
      });
    }
  });

  test("-0 becomes 0", async () => {
    const [client] = clients;
    assert.ok(client !== undefined);
    const { results } = await client.atomic((plan) => plan.create(Everything, { float: -0 }));
    const read = await client.get(Everything, results.id);
    assert.ok(Object.is(read?.fields.float, 0));
  });

  test("a ref is a node's id, or a node that the same plan creates", async () => {
    const [client] = clients;
    assert.ok(client !== undefined);
    const { results } = await client.atomic((plan) => {
      const target = plan.create(Everything, { str: "target" });
      return { target, one: plan.create(Everything, { ref: target }) };
    });
    const one = await client.get(Everything, results.one.id);
    assert.equal(one?.fields.ref, results.target.id);
    await client.atomic((plan) => plan.update(Everything, results.one.id, { ref: node }));
    assert.equal((await client.get(Everything, results.one.id))?.fields.ref, node);
  });

  test("an enum value that this schema does not know is its ordinal, both ways", async () => {
    const [client] = clients;
    assert.ok(client !== undefined);
    const Newer = defineNode({
      typeId: 9,
      name: "Everything",
      fields: { level: field.enum(7, ["low", "high", "highest"]) },
    });
    const newer = suite.client("grpc", { schema: [Newer], tenantId: "tenant-1" });
    const { results } = await newer.atomic((plan) => plan.create(Newer, { level: "highest" }));
    const read = await client.get(Everything, results.id, { atLeast: newer.position ?? null });
    assert.equal(read?.fields.level, "#3");
    await client.atomic((plan) => plan.update(Everything, results.id, { level: "#3" }));
  });

  test("an int that a number cannot hold is not read as one", async () => {
    const [client] = clients;
    assert.ok(client !== undefined);
    const big = await client.atomic((plan) => plan.create(Everything, { count: MAX as never }));
    await refusal(client.get(Everything, big.results.id), ValidationError, "INVALID_VALUE");
  });

  const wrong = (fields: Record<string, unknown>) => fields as Fields;
  type Refused = [string, Fields, abstract new (...parts: never[]) => EntDBError, string, RegExp];
  const REFUSED: readonly Refused[] = [
    [
      "a number for text",
      wrong({ str: 5 }),
      ValidationError,
      "FIELD_KIND_MISMATCH",
      /Everything\.str takes a string, not a number/,
    ],
    ["NUL", { str: "a\0b" }, ValidationError, "INVALID_VALUE", /NUL/],
    ["half a surrogate pair", { str: "\ud800" }, ValidationError, "INVALID_VALUE", /surrogate/],
    ["a fraction for an int", { int: 1.5 }, ValidationError, "INVALID_VALUE", /1\.5/],
    [
      "an unsafe number for an int",
      { int: 2 ** 53 },
      ValidationError,
      "INVALID_VALUE",
      /9007199254740992/,
    ],
    ["an int beyond 64 bits", { int: MAX + 1n }, ValidationError, "INVALID_VALUE", /64 bits/],
    ["text for an int", wrong({ int: "5" }), ValidationError, "FIELD_KIND_MISMATCH", /bigint/],
    ["NaN", { float: Number.NaN }, ValidationError, "INVALID_VALUE", /finite/],
    [
      "a number for a bool",
      wrong({ bool: 1 }),
      ValidationError,
      "FIELD_KIND_MISMATCH",
      /true or false/,
    ],
    [
      "an invalid Date",
      { timestamp: new Date(Number.NaN) },
      ValidationError,
      "INVALID_VALUE",
      /moment/,
    ],
    [
      "an unknown enum value",
      wrong({ level: "hihg" }),
      ValidationError,
      "ENUM_VALUE_UNKNOWN",
      /hihg/,
    ],
    ["text for a list", wrong({ texts: "a" }), ValidationError, "FIELD_KIND_MISMATCH", /array/],
    [
      "a wrong item of a list",
      wrong({ ints: [1, "2"] }),
      ValidationError,
      "FIELD_KIND_MISMATCH",
      /ints\[1\]/,
    ],
    [
      "a list that is too long",
      { texts: Array.from({ length: 10_001 }, () => "") },
      LimitExceededError,
      "LIMIT_EXCEEDED",
      /10001/,
    ],
    ["no id for a ref", wrong({ ref: "bob" }), ValidationError, "INVALID_VALUE", /bob/],
    ["a function for JSON", wrong({ json: () => 1 }), ValidationError, "INVALID_VALUE", /JSON/],
    ["JSON that is none", { text: "{" }, ValidationError, "INVALID_VALUE", /JSON/],
    [
      "JSON that is too long",
      { text: `"${"é".repeat(32_768)}"` },
      LimitExceededError,
      "LIMIT_EXCEEDED",
      /65538 bytes/,
    ],
    [
      "an array for bytes",
      wrong({ bytes: [1] }),
      ValidationError,
      "FIELD_KIND_MISMATCH",
      /Uint8Array/,
    ],
  ];
  for (const [name, fields, expected, reason, message] of REFUSED) {
    test(`${name}: refused before it is sent`, async () => {
      const [client] = clients;
      const call = client?.atomic((plan) => plan.create(Everything, fields));
      const error = await refusal(call ?? Promise.resolve(), expected, reason);
      assert.match(error.message, message);
      assert.notEqual(error.hint, undefined);
      assert.equal(error.requestId, undefined, "nothing was sent");
    });
  }
});

describe("definitions that cannot be", () => {
  const str = field.str(1);
  const CASES: readonly [string, () => unknown, RegExp][] = [
    ["a type without a number", () => defineNode({ typeId: 0, name: "A", fields: {} }), /typeId/],
    ["a type with a bad name", () => defineNode({ typeId: 1, name: "a b", fields: {} }), /a b/],
    [
      "a field with a bad name",
      () => defineNode({ typeId: 1, name: "A", fields: { "a-b": str } }),
      /a-b/,
    ],
    [
      "a reserved name",
      () => defineNode({ typeId: 1, name: "A", fields: { owner_actor: str } }),
      /reserved/,
    ],
    [
      "a number given twice",
      () => defineNode({ typeId: 1, name: "A", fields: { a: str, b: str } }),
      /A\.b and A\.a/,
    ],
    [
      "a key of a field that is not there",
      () =>
        defineNode({
          typeId: 1,
          name: "A",
          fields: { team: str },
          uniqueKeys: { k: { keyId: 1, fields: ["taem" as "team"] } },
        }),
      /taem/,
    ],
  ];
  for (const [name, define, message] of CASES) {
    test(name, async () => {
      const error = await refusal(define, SchemaError, "SCHEMA_INVALID");
      assert.match(error.message, message);
      assert.notEqual(error.hint, undefined);
    });
  }
});
