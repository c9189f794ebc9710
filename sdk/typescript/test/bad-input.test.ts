/**
 * What a compiler would have refused, and reaches the client all the same: out of JSON, from
 * JavaScript, through `any`. It is refused before anything is sent, by name; nothing is taken for a
 * default, and nothing goes on for ever.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  type AtomicOptions,
  type ClientOptions,
  createClient,
  defineNode,
  EntDBError,
  field,
  InvalidArgumentError,
  type NodeId,
  type Plan,
  ValidationError,
} from "@entdb/client";
import { refusal } from "./fixtures/refusal.ts";
import { AssignedTo, Follows, SCHEMA, Task, User } from "./fixtures/schema.ts";
import { useServer } from "./fixtures/suite.ts";

/** What no compiler lets pass, as whatever is wanted. */
const any = (value: unknown) => value as never;

/** Nobody listens there: what is refused has not been sent. */
const NOWHERE = { endpoint: "http://127.0.0.1:1", tenantId: "t", actor: "user:a", schema: SCHEMA };
const nowhere = createClient(NOWHERE);
const NODE = `nd_0${"0".repeat(25)}` as NodeId;

function refusedAtOnce(name: string, call: () => unknown, reason = "INVALID_REQUEST"): void {
  test(name, async () => {
    await refusal(call, InvalidArgumentError, reason);
  });
}

describe("how a client is made", () => {
  const make = (options: Partial<ClientOptions>) => () => createClient({ ...NOWHERE, ...options });
  for (const retry of [
    { maxAttempts: 0 },
    { maxAttempts: Number.NaN },
    { baseDelayMs: -1 },
    { maxDelayMs: Number.POSITIVE_INFINITY },
    { budget: Number.NaN },
  ]) {
    refusedAtOnce(`retry ${Object.entries(retry)}`, make({ retry }));
  }
  for (const timeoutMs of [0, -1, Number.NaN, 2 ** 31]) {
    refusedAtOnce(`timeoutMs ${timeoutMs}`, make({ timeoutMs }));
    refusedAtOnce(`timeoutMs ${timeoutMs} of a call`, () => nowhere.count(User, { timeoutMs }));
  }
  for (const credential of ["", "two\nlines", "Bearer x", "é"]) {
    const client = createClient({ ...NOWHERE, credential });
    refusedAtOnce(`credential ${JSON.stringify(credential)}`, () => client.count(User));
  }
});

describe("words that are none", () => {
  const write = (options: unknown) => () =>
    nowhere.atomic((plan) => plan.create(User, { email: "a@x" }), options as AtomicOptions);
  refusedAtOnce("wait", write({ wait: "aplied" }));
  refusedAtOnce("an idempotency key", write({ idempotencyKey: 5 }), "INVALID_IDEMPOTENCY_KEY");
  refusedAtOnce("consistency", () => nowhere.count(User, { consistency: any("weak") }));
  refusedAtOnce("the mode of a schema", () => nowhere.schema.register({ mode: any("merged") }));
  refusedAtOnce("onConflict", () =>
    nowhere.atomic((plan) =>
      plan.create(User, { email: "a@x" }, { onConflict: any("return_existing") }),
    ),
  );
  refusedAtOnce("a permission", () =>
    nowhere.atomic((plan) => plan.grant(NODE, { principal: "user:b", permission: any("own") })),
  );
  test("the nearest word is suggested", async () => {
    const error = await refusal(write({ wait: "aplied" }), InvalidArgumentError, "INVALID_REQUEST");
    assert.equal(error.hint, "Did you mean applied?");
  });
});

test("a circle that cannot be JSON is refused in one line", async () => {
  const circle: Record<string, unknown> = {};
  circle["again"] = circle;
  const Note = defineNode({ typeId: 9, name: "Note", fields: { rest: field.json(1) } });
  const notes = createClient({ ...NOWHERE, schema: [Note] });
  const write = notes.atomic((plan) => plan.create(Note, { rest: any(circle) }));
  const { message } = await refusal(write, ValidationError, "INVALID_VALUE");
  assert.doesNotMatch(message, /\n/);
});

describe("plans", () => {
  test("take nothing once they are sent, and nothing of one another", async () => {
    const build = (plan: Plan) => ({ plan, user: plan.create(User, { email: "first@x" }) });
    let first: ReturnType<typeof build> | undefined;
    const sent = nowhere.atomic((plan) => {
      first = build(plan);
    });
    await assert.rejects(sent);
    assert.ok(first !== undefined);
    const { plan: done, user } = first;
    for (const use of [
      () => done.create(User, { email: "late@x" }),
      // The first operation of either plan has the same name on the wire.
      () => nowhere.atomic((plan) => plan.link(Follows, plan.create(User, { email: "b" }), user)),
      () => nowhere.atomic((plan) => plan.create(Task, { title: "x", owner: user })),
      () => nowhere.atomic((plan) => [plan.create(User, { email: "b" }), { deep: [user] }]),
    ]) {
      await refusal(use, InvalidArgumentError, "INVALID_REQUEST");
    }
  });
  refusedAtOnce("that are asynchronous, whose end would be left out", () =>
    nowhere.atomic(async (plan) => {
      plan.create(User, { email: "a@x" });
      await Promise.reject(new Error("nobody hears this"));
      plan.create(User, { email: "b@x" });
    }),
  );
  for (const expectedVersion of [-1, 1.5, Number.NaN, 2 ** 53]) {
    refusedAtOnce(`expectedVersion ${expectedVersion}`, () =>
      nowhere.atomic((plan) => plan.delete(NODE, { expectedVersion })),
    );
  }
  refusedAtOnce("a moment that is none", () =>
    nowhere.atomic((plan) =>
      plan.grant(NODE, {
        principal: "user:b",
        permission: "read",
        expiresAt: new Date(Number.NaN),
      }),
    ),
  );
  for (const fields of [null, "text", ["list"], 5]) {
    test(`fields that are ${JSON.stringify(fields)}`, async () => {
      const create = () => nowhere.atomic((plan) => plan.create(User, any(fields)));
      await refusal(create, ValidationError, "INVALID_VALUE");
    });
  }
  for (const id of [undefined, null, 5, {}]) {
    refusedAtOnce(
      `an id that is ${JSON.stringify(id)}`,
      () => nowhere.atomic((plan) => plan.delete(any(id))),
      "INVALID_ID",
    );
    refusedAtOnce(`${JSON.stringify(id)} read`, () => nowhere.get(User, any(id)), "INVALID_ID");
  }
});

describe("types of another sort", () => {
  const isRefused = (name: string, call: () => unknown, reason: string) =>
    test(name, async () => {
      await refusal(call, ValidationError, reason);
    });
  isRefused(
    "an edge type created",
    () => nowhere.atomic((plan) => plan.create(any(AssignedTo), {})),
    "TYPE_UNKNOWN",
  );
  isRefused(
    "none at all",
    () => nowhere.atomic((plan) => plan.create(any(undefined), {})),
    "TYPE_UNKNOWN",
  );
  isRefused("an edge type queried", () => nowhere.query(any(AssignedTo)), "TYPE_UNKNOWN");
  isRefused(
    "a node type for edges",
    () => nowhere.edgesOut(NODE, { type: any(Task) }),
    "EDGE_TYPE_UNKNOWN",
  );
  isRefused("a node type walked", () => nowhere.connected(NODE, any(Task)), "EDGE_TYPE_UNKNOWN");
});

describe("what was refused", () => {
  const suite = useServer();

  test("has left nothing behind", async () => {
    const client = suite.client("fetch");
    const position = client.position;
    await assert.rejects(
      client.atomic(async (plan) => plan.create(User, { email: "a@x" })),
      EntDBError,
    );
    assert.equal(client.position, position);
    await client.atomic((plan) => plan.create(User, { email: "b@x" }));
    assert.equal(await client.count(User), 1);
  });
});
