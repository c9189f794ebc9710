/** Mailboxes and search. */
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import {
  type Client,
  InvalidArgumentError,
  type NodeId,
  PermissionDeniedError,
} from "@entdb/client";
import { refusal } from "./fixtures/refusal.ts";
import { Task, User } from "./fixtures/schema.ts";
import { useServer } from "./fixtures/suite.ts";

describe("mailboxes", () => {
  const suite = useServer();
  let alice: Client;
  let bob: Client;
  let tasks: readonly NodeId[] = [];

  before(async () => {
    alice = suite.client("grpc");
    bob = alice.as({ actor: "user:bob" });
    const mail = { thread: "lunch", metadata: { urgency: "low" } };
    const { results } = await alice.atomic((plan) => {
      const recipients = ["user:bob"];
      return [
        plan.create(Task, { title: "Invoice seventeen is due" }, { recipients }),
        plan.create(Task, { title: "Lunch at noon" }, { recipients, mail }),
        plan.create(Task, { title: "Order more coffee" }, { recipients }),
      ];
    });
    tasks = results.map(({ id }) => id);
  });

  test("hold what was sent, the newest first", async () => {
    const page = await bob.mailbox.list().page();
    assert.equal(page.unreadCount, 3);
    assert.deepEqual(
      page.items.map(({ nodeId }) => nodeId),
      tasks.toReversed(),
    );
    const [, lunch] = page.items;
    assert.deepEqual(
      [lunch?.snippet, lunch?.thread, lunch?.metadata, lunch?.sender, lunch?.read, lunch?.typeId],
      ["Lunch at noon", "lunch", { urgency: "low" }, "user:alice", false, 2],
    );
    assert.equal((await bob.mailbox.list({ thread: "lunch" }).toArray()).length, 1);
    assert.equal((await bob.mailbox.list({ type: User }).toArray()).length, 0);
    assert.equal((await bob.mailbox.list({ pageSize: 1 }).toArray()).length, 3);
  });

  test("are searched", async () => {
    const [hit] = await bob.mailbox.search("invoice").toArray();
    assert.equal(hit?.item.nodeId, tasks[0]);
    assert.deepEqual(
      hit?.highlight.parts.filter(({ found }) => found),
      [{ text: "Invoice", found: true }],
    );
    assert.equal(hit?.highlight.text.includes("\u0002"), false);
    assert.equal((await bob.mailbox.search("coff").toArray()).length, 0);
    assert.equal((await bob.mailbox.search("coff", { prefix: true }).toArray()).length, 1);
    await refusal(bob.mailbox.search("").page(), InvalidArgumentError, "SEARCH_INVALID");
  });

  test("are marked and cleared, by item, up to a position, and within a plan", async () => {
    const [coffee, lunch, invoice] = await bob.mailbox.list().toArray();
    assert.ok(coffee !== undefined && lunch !== undefined && invoice !== undefined);
    assert.equal((await bob.mailbox.markRead({ items: [coffee.id, coffee.id] })).count, 1);
    assert.equal(await bob.mailbox.unreadCount(), 2);
    assert.equal((await bob.mailbox.list({ unreadOnly: true }).toArray()).length, 2);
    await bob.mailbox.markRead({ items: [coffee.id] }, { unread: true });
    assert.equal(await bob.mailbox.unreadCount(), 3);
    const { position } = await bob.mailbox.list().page();
    assert.equal((await bob.mailbox.markRead({ upTo: position })).count, 3);
    assert.equal((await bob.mailbox.delete({ items: [lunch.id] })).count, 1);
    await bob.atomic((plan) => {
      plan.markRead({ items: [coffee.id] }, { unread: true });
      plan.deleteMailboxItems({ items: [invoice.id] });
    });
    const left = await bob.mailbox.list().toArray();
    assert.deepEqual(
      left.map(({ id, read }) => [id, read]),
      [[coffee.id, false]],
    );
  });

  test("of others are closed", async () => {
    const others = bob.mailbox.list({ user: "user:alice" }).page();
    await refusal(others, PermissionDeniedError, "PERMISSION_DENIED");
  });

  test("search finds nodes: words, types, fields, beginnings", async () => {
    const [hit] = await alice.search("coffee", { types: [Task] }).toArray();
    assert.ok(hit !== undefined);
    assert.equal(hit.node.type, "Task");
    assert.equal(hit.node.fields.title, "Order more coffee");
    assert.deepEqual(hit.highlights, [
      {
        field: "title",
        text: "Order more coffee",
        parts: [
          { text: "Order more ", found: false },
          { text: "coffee", found: true },
        ],
      },
    ]);
    await alice.atomic((plan) => plan.create(User, { email: "c@x", name: "Coffee Annan" }));
    const hits = await alice.search("coffee", { types: [Task, User] }).toArray();
    assert.deepEqual(hits.map(({ node }) => node.type).sort(), ["Task", "User"]);
    assert.equal((await alice.search("coffee").toArray()).length, 2);
    const byField = alice.search("noo", { types: [Task], fields: ["title"], prefix: true });
    assert.equal((await byField.toArray()).length, 1);
    await refusal(
      () => alice.search("a", { types: [Task, User], fields: ["name"] as never }),
      InvalidArgumentError,
      "SEARCH_INVALID",
    );
  });
});
