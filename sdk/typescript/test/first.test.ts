import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { clientOf, DOORS } from "./fixtures/doors.ts";
import { AssignedTo, Task, User } from "./fixtures/schema.ts";
import { TestServer } from "./fixtures/server.ts";

describe("first", () => {
  let server: TestServer;
  before(async () => {
    server = await TestServer.start();
  });
  after(() => server.stop());

  for (const door of DOORS) {
    test(`${door}: writes a graph and reads it back`, async () => {
      const client = clientOf(door, server, { tenantId: `first-${door}` });
      const { results } = await client.atomic((plan) => {
        const alice = plan.create(User, { email: "alice@example.com", points: 7 });
        const task = plan.create(Task, { title: "Review", status: "todo", owner: alice });
        plan.link(AssignedTo, task, alice, { since: new Date(0) });
        return { alice, task };
      });
      const alice = await client.get(User, results.alice.id);
      assert.equal(alice?.fields.email, "alice@example.com");
      assert.equal(alice?.fields.points, 7n);
      assert.equal(alice?.version, 1);
      const task = await client.get(Task, results.task.id);
      assert.deepEqual(task?.fields, {
        title: "Review",
        status: "todo",
        priority: 3,
        owner: results.alice.id,
      });
      client.close();
    });
  }
});
