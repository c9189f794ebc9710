/** Every operation of a transaction, and reading back what it did, through every door. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  EdgeNotFoundError,
  IdempotencyKeyReusedError,
  PreconditionFailedError,
  UniqueConflictError,
  VersionConflictError,
} from "@entdb/client";
import { DOORS } from "./fixtures/doors.ts";
import { refusal } from "./fixtures/refusal.ts";
import { AssignedTo, Follows, Task, User } from "./fixtures/schema.ts";
import { useServer } from "./fixtures/suite.ts";

for (const door of DOORS) {
  describe(`a graph over ${door}`, () => {
    const suite = useServer();

    test("is written at once and read back", async () => {
      const client = suite.client(door);
      const { results, operations, applied, walPosition } = await client.atomic((plan) => {
        const alice = plan.create(User, { email: "alice@example.com", points: 7 });
        const task = plan.create(Task, { title: "Review", status: "todo", owner: alice });
        const edge = plan.link(AssignedTo, task, alice, { since: new Date(1_000), note: "soon" });
        return { alice, tasks: [task], edge };
      });
      assert.equal(applied, true);
      assert.match(walPosition, /^0:\d+$/);
      assert.equal(operations.length, 3);
      assert.deepEqual(results.alice, { id: results.alice.id, version: 1, created: true });
      const alice = await client.get(User, results.alice.id);
      assert.deepEqual(alice?.fields, { email: "alice@example.com", points: 7n });
      assert.equal(alice?.type, "User");
      assert.equal(alice?.ownerActor, "user:alice");
      assert.ok(alice !== undefined && Date.now() - alice.createdAt.getTime() < 60_000);
      const [taskOutcome] = results.tasks;
      assert.ok(taskOutcome !== undefined);
      const task = await client.get(Task, taskOutcome.id);
      assert.deepEqual(task?.fields, {
        title: "Review",
        status: "todo",
        priority: 3,
        owner: results.alice.id,
      });
      const [edge] = await client.edgesOut(taskOutcome.id, { type: AssignedTo }).toArray();
      assert.equal(edge?.id, results.edge.id);
      assert.deepEqual(edge?.fields, { since: new Date(1_000), note: "soon" });
    });

    test("is changed: update, conditions, delete, restore, purge", async () => {
      const client = suite.client(door);
      const { results } = await client.atomic((plan) => ({
        user: plan.create(User, { email: "a@example.com", name: "A", points: 1 }),
      }));
      const { id } = results.user;
      const updated = await client.atomic((plan) =>
        plan.update(
          User,
          id,
          { name: null, points: 2n },
          { expectedVersion: 1, where: { points: 1 } },
        ),
      );
      assert.equal(updated.results.version, 2);
      assert.deepEqual((await client.get(User, id))?.fields, {
        email: "a@example.com",
        points: 2n,
      });
      const stale = client.atomic((plan) => plan.update(User, id, {}, { expectedVersion: 1 }));
      const conflict = await refusal(stale, VersionConflictError, "VERSION_CONFLICT");
      assert.equal(conflict.actualVersion, 2);
      assert.equal(conflict.code, "aborted");
      await refusal(
        client.atomic((plan) => plan.update(User, id, { points: 3 }, { where: { points: 1 } })),
        PreconditionFailedError,
        "PRECONDITION_FAILED",
      );
      await client.atomic((plan) => plan.delete(id, { expectedVersion: 2 }));
      assert.equal(await client.get(User, id), undefined);
      assert.equal((await client.get(User, id, { includeDeleted: true }))?.deleted, true);
      await client.atomic((plan) => plan.restore(id));
      assert.equal((await client.get(User, id))?.version, 4);
      await client.atomic((plan) => plan.purge(id));
      assert.equal(await client.get(User, id, { includeDeleted: true }), undefined);
    });

    test("has edges that are changed and removed, by id and by ends", async () => {
      const client = suite.client(door);
      const { results } = await client.atomic((plan) => {
        const [a, b] = ["a", "b"].map((name) => plan.create(User, { email: `${name}@x` }));
        assert.ok(a !== undefined && b !== undefined);
        const task = plan.create(Task, { title: "T" });
        const assigned = plan.link(AssignedTo, task, a);
        plan.updateEdge(AssignedTo, assigned, { note: "first" });
        return { a, b, task, assigned, follows: plan.link(Follows, a, b) };
      });
      const { a, b, task, assigned, follows } = results;
      const note = async () =>
        (await client.edgesIn(a.id, { type: AssignedTo }).first())?.fields.note;
      assert.equal(await note(), "first");
      await client.atomic((plan) =>
        plan.updateEdge(AssignedTo, { from: task.id, to: a.id }, { note: "second" }),
      );
      assert.equal(await note(), "second");
      const again = await client.atomic((plan) =>
        plan.link(Follows, a.id, b.id, {}, { onConflict: "returnExisting" }),
      );
      assert.deepEqual(again.results, { id: follows.id, created: false });
      await client.atomic((plan) => {
        plan.unlink(AssignedTo, assigned.id);
        plan.unlink(Follows, { from: a.id, to: b.id });
      });
      assert.deepEqual(await client.edgesIn(a.id).toArray(), []);
      await refusal(
        client.atomic((plan) => plan.unlink(AssignedTo, assigned.id)),
        EdgeNotFoundError,
        "EDGE_NOT_FOUND",
      );
    });

    test("is found by unique fields and keys, and many at once", async () => {
      const client = suite.client(door);
      const { results } = await client.atomic((plan) => ({
        user: plan.create(User, { email: "k@example.com" }),
        task: plan.create(Task, { title: "T", project: "p", number: 7 }),
      }));
      const byEmail = await client.getByKey(User, { email: "k@example.com" });
      assert.equal(byEmail?.id, results.user.id);
      const byNumber = await client.getByKey(Task, { number: 7, project: "p" });
      assert.equal(byNumber?.id, results.task.id);
      assert.equal(await client.getByKey(User, { email: "nobody@example.com" }), undefined);
      const missing = "nd_00000000000000000000000000";
      const many = await client.getMany(User, [missing, results.user.id]);
      assert.deepEqual(
        [many.nodes.map(({ id }) => id), many.missing],
        [[results.user.id], [missing]],
      );
      const taken = client.atomic((plan) => plan.create(User, { email: "k@example.com" }));
      await refusal(taken, UniqueConflictError, "UNIQUE_CONFLICT");
      const existing = await client.atomic((plan) =>
        plan.create(User, { email: "k@example.com" }, { onConflict: "returnExisting" }),
      );
      assert.deepEqual([existing.results.id, existing.results.created], [results.user.id, false]);
    });

    test("is shared: principals, grants, visibility, default owner only", async () => {
      const client = suite.client(door);
      const bob = client.as({ actor: "user:bob" });
      const expiresAt = new Date("2099-12-31T00:00:00Z");
      const { results } = await client.atomic((plan) => ({
        own: plan.create(User, { email: "own@x" }),
        shared: plan.create(User, { email: "shared@x" }, { principals: ["user:bob"] }),
      }));
      const { own, shared } = results;
      assert.equal(await bob.get(User, own.id), undefined);
      assert.equal((await bob.get(User, shared.id))?.id, shared.id);
      await client.atomic((plan) => {
        plan.grant(own.id, { principal: "user:bob", permission: "write", expiresAt });
        plan.setVisibility(shared.id, ["group:eng"]);
      });
      assert.equal((await bob.get(User, own.id))?.id, own.id);
      assert.equal(await bob.get(User, shared.id), undefined);
      assert.deepEqual(await client.grants(own.id), {
        ownerActor: "user:alice",
        grants: [{ principal: "user:bob", permission: "write", expiresAt }],
      });
      await client.atomic((plan) => plan.revoke(own.id, "user:bob"));
      assert.equal(await bob.get(User, own.id), undefined);
    });

    test("is written once for one idempotency key, and its receipt is kept", async () => {
      const client = suite.client(door);
      const write = (email: string) =>
        client.atomic((plan) => plan.create(User, { email }), { idempotencyKey: "once" });
      assert.deepEqual(await client.receipt("once"), { state: "unknown" });
      const first = await write("once@x");
      assert.deepEqual(await write("once@x"), first);
      assert.equal(first.idempotencyKey, "once");
      await refusal(write("twice@x"), IdempotencyKeyReusedError, "IDEMPOTENCY_KEY_REUSED");
      const receipt = await client.receipt("once");
      assert.ok(receipt.state === "applied");
      assert.equal(receipt.operations[0]?.nodeId, first.results.id);
      assert.equal(receipt.walPosition, first.walPosition);
      await refusal(
        client.atomic((plan) => plan.create(User, { email: "once@x" }), { idempotencyKey: "no" }),
        UniqueConflictError,
        "UNIQUE_CONFLICT",
      );
      const rejected = await client.receipt("no");
      assert.ok(rejected.state === "rejected" && rejected.error instanceof UniqueConflictError);
    });

    test("can be waited for until it is durable only", async () => {
      const client = suite.client(door);
      await client.schema.register();
      const { results, applied } = await client.atomic(
        (plan) => plan.create(User, { email: "d@x" }),
        { wait: "durable" },
      );
      assert.equal(applied, false);
      assert.equal(results.version, undefined);
      // The position is remembered, so that the read waits for the outcome.
      assert.equal((await client.get(User, results.id))?.version, 1);
    });
  });
}
