/** The schema: its fingerprint, that it comes along by itself, and what can be done with a tenant's. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import {
  createClient,
  defineNode,
  field,
  fingerprintOf,
  NotFoundError,
  SchemaError,
  ValidationError,
} from "@entdb/client";
import { counting } from "./fixtures/counting.ts";
import { refusal } from "./fixtures/refusal.ts";
import { SCHEMA, Task, User } from "./fixtures/schema.ts";
import { type SchemaJson, schemaOf } from "./fixtures/schema-json.ts";
import { useServer } from "./fixtures/suite.ts";

describe("the schema of a client", () => {
  const suite = useServer();

  test("is sent along once, when the tenant does not know it", async () => {
    const { transport, sent } = counting();
    const client = suite.client("fetch", { endpoint: suite.server.httpUrl, transport });
    await client.atomic((plan) => plan.create(User, { email: "a@x" }));
    await client.atomic((plan) => plan.create(User, { email: "b@x" }));
    assert.deepEqual(sent("ExecuteAtomic"), 3, "refused once, with types once, known once");
    const { fingerprint, types, locked } = await client.schema.get();
    assert.equal(fingerprint, client.schema.fingerprint);
    assert.equal(fingerprint, fingerprintOf(SCHEMA));
    assert.equal(fingerprintOf(types), fingerprint, "what is read is what was sent");
    assert.equal(locked, false);
  });

  test("may be older or newer than the tenant's: they merge, and differences are told", async () => {
    const client = suite.client("grpc", { tenantId: "merging" });
    await client.atomic((plan) => plan.create(User, { email: "a@x" }));
    const Renamed = defineNode({
      typeId: 1,
      name: "User",
      fields: { mail: field.str(1, { required: true, unique: true }), age: field.int(9) },
    });
    const other = suite.client("grpc", { schema: [Renamed], tenantId: "merging" });
    const { schemaDifferences, results } = await other.atomic((plan) =>
      plan.create(Renamed, { mail: "b@x", age: 3 }),
    );
    assert.deepEqual(
      schemaDifferences.map(({ kept, sent }) => [kept, sent]),
      [["email", "mail"]],
    );
    assert.equal((await other.get(Renamed, results.id))?.fields.age, 3n);
    const read = await client.get(User, results.id, { atLeast: other.position ?? null });
    assert.deepEqual(read?.fields, { email: "b@x" });
  });

  test("is checked, registered, and refused when it would change what is stored", async () => {
    const client = suite.client("connect");
    const checked = await client.schema.check();
    assert.equal(checked.changes.length > 0, true);
    assert.ok(checked.changes.every(({ compatibility }) => compatibility === "safe"));
    const registered = await client.schema.register({ idempotencyKey: "schema" });
    assert.equal(registered.changed, true);
    assert.equal(registered.fingerprint, client.schema.fingerprint);
    assert.equal((await client.schema.register()).changed, false);
    const Contrary = defineNode({ typeId: 1, name: "User", fields: { email: field.int(1) } });
    const breaking = await client.schema.check({ types: [Contrary] });
    assert.ok(breaking.changes.some(({ compatibility }) => compatibility === "breaking"));
    await refusal(
      client.schema.register({ types: [Contrary] }),
      SchemaError,
      "SCHEMA_INCOMPATIBLE",
    );
    const replaced = client.schema.register({ types: [User], mode: "replace" });
    await refusal(replaced, SchemaError, "SCHEMA_INCOMPATIBLE");
  });

  test("can be changed within a transaction", async () => {
    const client = suite.client("grpc", { tenantId: "notes" });
    const Note = defineNode({ typeId: 77, name: "Note", fields: { text: field.str(1) } });
    const plain = suite.client("grpc", { schema: [], tenantId: "notes" });
    const { results } = await plain.atomic((plan) => {
      plan.registerSchema([Note]);
      return plan.create(Note, { text: "hello" });
    });
    assert.equal(results.version, 1);
    const { types } = await client.schema.get();
    assert.deepEqual(
      types.map(({ name }) => name),
      ["Note"],
    );
  });

  test("keeps types out that it was not given", async () => {
    const client = suite.client("grpc", { schema: [User] });
    const error = await refusal(
      client.atomic((plan) => plan.create(Task, { title: "x" })),
      ValidationError,
      "TYPE_UNKNOWN",
    );
    assert.match(error.message, /Task/);
    await refusal(client.count(Task), ValidationError, "TYPE_UNKNOWN");
    const twice = defineNode({ typeId: 1, name: "Other", fields: {} });
    await refusal(
      () => createClient({ endpoint: "http://localhost", schema: [User, twice] }),
      SchemaError,
      "SCHEMA_INVALID",
    );
  });

  test("of a tenant that is not there", async () => {
    const client = suite.client("grpc");
    const missing = client.tenants.get("nobody");
    await refusal(missing, NotFoundError, "TENANT_NOT_FOUND");
  });
});

/** The vectors that every implementation is held to. */
const VECTORS = join(import.meta.dirname, "../../../test/golden/fingerprints.json");

describe("the fingerprint", () => {
  const { vectors } = JSON.parse(readFileSync(VECTORS, "utf8")) as {
    readonly vectors: readonly { name: string; fingerprint: string; schema: SchemaJson }[];
  };
  for (const { name, schema, fingerprint } of vectors) {
    test(`of a schema: ${name}`, () => {
      const { types, reserved } = schemaOf(schema);
      assert.equal(fingerprintOf(types, reserved), fingerprint);
    });
  }
});
