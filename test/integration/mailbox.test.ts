/**
 * Mailboxes as an actor uses them: who gets an item, in which order, what reading and deleting
 * change, what takes an item away, and who may look. Through the engine, over the log on disk.
 */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { limits } from "../../src/base/limits.ts";
import {
  BODY,
  LETTER,
  letter,
  MAIL_SCHEMA,
  MailboxClient,
  MEMO,
  NOTE,
  TITLE,
} from "../harness/mailbox.ts";
import {
  createNode,
  deleteNode,
  grant,
  nothing,
  ownId,
  purgeNode,
  restoreNode,
  str,
  updateNode,
} from "../harness/operations.ts";
import { TestPartition } from "../harness/partition.ts";
import { refused } from "../harness/refusal.ts";
import type { TenantClient } from "../harness/tenant-client.ts";

let partition: TestPartition;
let alice: TenantClient;
let bob: MailboxClient;
let carol: MailboxClient;

beforeEach(async () => {
  partition = await TestPartition.open({ wal: "file" });
  alice = partition.tenant("acme");
  await alice.register(MAIL_SCHEMA);
  bob = new MailboxClient(partition.tenant("acme", "user:bob"));
  carol = new MailboxClient(partition.tenant("acme", "user:carol"));
});
afterEach(() => partition[Symbol.asyncDispose]());

/** Mails `count` letters to Bob; the ids of their nodes in the order of delivery. */
async function mailBob(count: number, title = "letter"): Promise<string[]> {
  const ids: string[] = [];
  for (let i = 0; i < count; i++) {
    ids.push(await alice.make(letter(["user:bob"], { [TITLE]: str(`${title} ${i}`) })));
  }
  return ids;
}

const nodesOf = (items: readonly { readonly nodeId: string }[]) => items.map((item) => item.nodeId);
const idsOf = (items: readonly { readonly id: string }[]) => items.map((item) => item.id);

describe("delivery", () => {
  test("gives each recipient one item, and nobody else", async () => {
    const values = { [TITLE]: str("Hello"), [BODY]: str("to\nyou both"), [NOTE]: str("secret") };
    const mail = { thread: "t-1", metadata: new Map([["priority", "high"]]) };
    const id = await alice.make(letter(["user:bob", "user:carol", "user:bob"], values, { mail }));
    for (const mailbox of [bob, carol]) {
      const { items, unreadCount, hasMore, nextCursor } = await mailbox.list();
      expect(unreadCount).toBe(1);
      expect([hasMore, nextCursor]).toEqual([false, undefined]);
      expect(items).toMatchObject([
        {
          nodeId: id,
          typeId: LETTER,
          deliveredAt: partition.clock.now(),
          read: false,
          snippet: "Hello to you both",
          thread: "t-1",
          sender: "user:alice",
        },
      ]);
      expect(items[0]?.id).toMatch(/^mi_[0-9a-hjkmnp-tv-z]{26}$/);
      expect([...(items[0]?.metadata ?? [])]).toEqual([["priority", "high"]]);
    }
    expect(idsOf(await bob.items())).not.toEqual(idsOf(await carol.items()));
    expect(await new MailboxClient(alice).items()).toEqual([]);
    expect(
      await new MailboxClient(partition.tenant("other-tenant", "user:bob"))
        .list()
        .catch((e) => e.reason),
    ).toBe("TENANT_NOT_FOUND");
  });

  test("lets the recipient read the node", async () => {
    const [id = ""] = await mailBob(1);
    expect((await partition.tenant("acme", "user:bob").node(id)).id).toBe(id);
    await refused(partition.tenant("acme", "user:carol").node(id));
  });

  test("lists newest first, within one transaction in its order, page by page", async () => {
    const first = await mailBob(3);
    const { results } = await alice.execute([
      letter(["user:bob"], { [TITLE]: str("a") }),
      createNode(LETTER),
      letter(["user:bob"], { [TITLE]: str("b") }),
    ]);
    const expected = [...first, results[0]?.nodeId, results[2]?.nodeId].reverse();
    for (const size of [1, 2, 3, 5, 100]) {
      expect<(string | undefined)[]>(nodesOf(await bob.all(size))).toEqual(expected);
    }
  });

  test("that is rejected delivers nothing", async () => {
    const before = ownId("nd", 1);
    const error = await refused(
      alice.execute([letter(["user:bob"], {}, { id: before }), deleteNode(ownId("nd", 2))]),
    );
    expect(error.reason).toBe("NODE_NOT_FOUND");
    expect((await bob.list()).unreadCount).toBe(0);
    expect(await bob.items()).toEqual([]);
  });

  test("is done once for a key that is repeated", async () => {
    for (let i = 0; i < 3; i++) {
      await alice.execute([letter(["user:bob"], { [TITLE]: str("x") })], { key: "once" });
    }
    expect(await bob.items()).toHaveLength(1);
  });

  test("of a long text shows its beginning and never half a character", async () => {
    const text = `${"a".repeat(limits.mailSnippetChars - 1)}🎉 and more`;
    await alice.one(letter(["user:bob"], { [TITLE]: str(text) }));
    const [item] = await bob.items();
    expect(item?.snippet).toBe("a".repeat(limits.mailSnippetChars - 1));
  });

  test("filters by read, type and thread, alone and together", async () => {
    const mail = { thread: "t" };
    const a = await alice.make(letter(["user:bob"], {}, { mail }));
    const b = await alice.make(letter(["user:bob"], {}, { typeId: MEMO, mail }));
    const c = await alice.make(letter(["user:bob"], {}, { typeId: MEMO }));
    const [, , oldest] = await bob.items();
    await bob.change("mark_read", { itemIds: [oldest?.id ?? ""] });
    expect(nodesOf(await bob.items({ unreadOnly: true }))).toEqual([c, b]);
    expect(nodesOf(await bob.items({ typeId: MEMO }))).toEqual([c, b]);
    expect(nodesOf(await bob.items({ thread: "t" }))).toEqual([b, a]);
    expect(nodesOf(await bob.items({ thread: "t", unreadOnly: true }))).toEqual([b]);
    expect(nodesOf(await bob.items({ thread: "t", typeId: LETTER }))).toEqual([a]);
    expect(nodesOf(await bob.items({ typeId: LETTER, unreadOnly: true }))).toEqual([]);
    expect(nodesOf(await bob.all(1, { typeId: MEMO, unreadOnly: true, thread: "t" }))).toEqual([b]);
  });

  test("is read at the position that its write was answered with", async () => {
    for (let i = 0; i < 20; i++) {
      const receipt = await alice.execute([letter(["user:bob"], { [TITLE]: str(`${i}`) })]);
      const freshness = { atLeast: receipt.positionToken, strong: false };
      const { items, positionToken } = await bob.list({}, freshness);
      expect(items[0]?.snippet).toBe(`${i}`);
      expect(Buffer.compare(positionToken, receipt.positionToken)).toBeGreaterThanOrEqual(0);
    }
  });
});

describe("a cursor", () => {
  test("goes on only with the question, the actor and the tenant that it was given for", async () => {
    await mailBob(3);
    await alice.one(letter(["user:carol"]));
    const { nextCursor: cursor } = await bob.list({ pageSize: 1 });
    for (const other of [
      () => bob.list({ cursor, unreadOnly: true }),
      () => bob.list({ cursor, typeId: LETTER }),
      () => bob.list({ cursor, thread: "x" }),
      () => carol.list({ cursor }),
      () => bob.search("letter", { cursor }),
      () => bob.list({ cursor: new Uint8Array([1, 2, 3]) }),
    ]) {
      expect((await refused(other())).reason).toBe("INVALID_CURSOR");
    }
  });

  test("is not moved by what is delivered, read and deleted meanwhile", async () => {
    const nodes = await mailBob(6);
    const first = await bob.list({ pageSize: 2 });
    await mailBob(2, "later");
    await bob.change("mark_read", { itemIds: idsOf(first.items) });
    await bob.change("delete", { itemIds: idsOf(first.items) });
    const second = await bob.list({ pageSize: 10, cursor: first.nextCursor });
    expect(nodesOf(second.items)).toEqual(nodes.slice(0, 4).reverse());
  });
});

describe("marking as read", () => {
  test("counts what is otherwise now than before: one, many, again, missing ones", async () => {
    await mailBob(4);
    const [a = "", b = "", c = ""] = idsOf(await bob.items());
    const missing = `mi_${"0".repeat(26)}`;
    expect(await bob.change("mark_read", { itemIds: [a] })).toMatchObject({ count: 1 });
    expect(await bob.change("mark_read", { itemIds: [a, b, missing, c] })).toMatchObject({
      count: 2,
    });
    expect(await bob.change("mark_read", { itemIds: [missing] })).toMatchObject({ count: 0 });
    expect(await bob.change("mark_read", { itemIds: [a, a] })).toMatchObject({ count: 0 });
    expect(await bob.unread()).toBe(1);
    expect(await bob.change("mark_unread", { itemIds: [a, missing] })).toMatchObject({ count: 1 });
    expect(await bob.unread()).toBe(2);
    expect((await bob.items()).map((item) => item.read)).toEqual([false, true, true, false]);
  });

  test("goes up to a position, and not beyond", async () => {
    await mailBob(2);
    const { positionToken: upTo } = await bob.list();
    await mailBob(3);
    expect(await bob.change("mark_read", { upTo })).toMatchObject({ count: 2 });
    expect((await bob.items()).map((item) => item.read)).toEqual([false, false, false, true, true]);
    expect(await bob.change("mark_unread", { upTo })).toMatchObject({ count: 2 });
    expect(await bob.unread()).toBe(5);
  });

  test("goes over mailboxes larger than one slice", async () => {
    const each = 100;
    for (let i = 0; i < 7; i++) {
      await alice.execute(Array.from({ length: each }, () => letter(["user:bob"])));
    }
    const { positionToken: upTo } = await bob.list();
    expect(await bob.change("mark_read", { upTo })).toMatchObject({ count: 7 * each });
    expect(await bob.unread()).toBe(0);
    expect(await bob.change("delete", { upTo })).toMatchObject({ count: 7 * each });
    expect(await bob.items()).toEqual([]);
  });

  test("with a key that is repeated gives the first count", async () => {
    await mailBob(2);
    const itemIds = idsOf(await bob.items());
    const first = await bob.change("mark_read", { itemIds, idempotencyKey: "k" });
    await bob.change("mark_unread", { itemIds });
    const again = await bob.change("mark_read", { itemIds, idempotencyKey: "k" });
    expect(again).toEqual(first);
    expect(first.count).toBe(2);
    expect(await bob.unread()).toBe(2);
  });

  test("is an operation of transactions, too", async () => {
    await mailBob(2);
    const [a = ""] = idsOf(await bob.items());
    const asBob = partition.tenant("acme", "user:bob");
    const change = { userId: "", itemIds: [a], beforeOffset: 0, unread: false };
    await asBob.execute([createNode(LETTER), { op: "mark_read", ...change }]);
    expect(await bob.unread()).toBe(1);
    await asBob.execute([{ op: "delete_mailbox_items", ...change }, createNode(LETTER)]);
    expect(await bob.items()).toHaveLength(1);
  });

  test("of nobody's items passes them over", async () => {
    await mailBob(1);
    const itemIds = idsOf(await bob.items());
    expect(await carol.change("mark_read", { itemIds })).toMatchObject({ count: 0 });
    expect(await carol.change("delete", { itemIds })).toMatchObject({ count: 0 });
    expect(await bob.unread()).toBe(1);
  });

  const refusals: [string, () => Promise<unknown>, string][] = [
    ["nothing", () => bob.change("mark_read"), "INVALID_REQUEST"],
    ["what is no item", () => bob.change("mark_read", { itemIds: ["nd_1"] }), "INVALID_ID"],
    [
      "too many items",
      () => {
        const itemIds = Array.from(
          { length: limits.mailboxItemsPerChange + 1 },
          (_, i) => `mi_${String(i).padStart(26, "0")}`,
        );
        return bob.change("mark_read", { itemIds });
      },
      "LIMIT_EXCEEDED",
    ],
    [
      "items up to what is no position",
      () => bob.change("delete", { upTo: new Uint8Array([9]) }),
      "INVALID_POSITION",
    ],
    ["somebody who is no actor", () => bob.list({ userId: "group:eng" }), "INVALID_PRINCIPAL"],
    ["a page that is too large", () => bob.list({ pageSize: 1_001 }), "LIMIT_EXCEEDED"],
    [
      "a page of hits that is too large",
      () => bob.search("x", { pageSize: 101 }),
      "LIMIT_EXCEEDED",
    ],
    ["a type that is none", () => bob.list({ typeId: -1 }), "INVALID_REQUEST"],
    ["a search for nothing", () => bob.search(" - "), "SEARCH_INVALID"],
  ];
  test.each(refusals)(
    "of %s is refused and leaves nothing in the log",
    async (_what, ask, reason) => {
      const { end } = partition.partition.wal;
      expect((await refused(ask())).reason).toBe(reason as never);
      expect(partition.partition.wal.end).toBe(end);
    },
  );
});

describe("an item goes", () => {
  test("when it is deleted; its node stays", async () => {
    const nodes = await mailBob(3);
    const items = await bob.items();
    expect(await bob.change("delete", { itemIds: [items[1]?.id ?? ""] })).toMatchObject({
      count: 1,
    });
    expect(nodesOf(await bob.items())).toEqual([nodes[2] ?? "", nodes[0] ?? ""]);
    expect(await bob.unread()).toBe(2);
    expect((await bob.search("letter")).hits).toHaveLength(2);
    expect((await partition.tenant("acme", "user:bob").node(nodes[1] ?? "")).deleted).toBe(false);
  });

  test("with its node, and does not come back with it", async () => {
    const [a = "", b = "", c = ""] = await mailBob(3);
    await alice.execute([deleteNode(a), purgeNode(b)]);
    expect(nodesOf(await bob.items())).toEqual([c]);
    expect(await bob.unread()).toBe(1);
    await alice.one(restoreNode(a));
    await alice.one(updateNode(a, { [TITLE]: str("letter anew") }));
    expect(nodesOf(await bob.items())).toEqual([c]);
    expect((await bob.search("letter")).hits).toHaveLength(1);
  });

  test("with the grant by which its owner reads the node, and nobody else's does", async () => {
    const id = await alice.make(letter(["user:bob", "user:carol"], { [TITLE]: str("both") }));
    await alice.one({ op: "revoke", nodeId: id, principal: "user:bob", permission: undefined });
    expect(await bob.items()).toEqual([]);
    expect(nodesOf(await carol.items())).toEqual([id]);
    await alice.one({ op: "set_visibility", nodeId: id, principals: ["user:bob"] });
    expect(await carol.items()).toEqual([]);
    // To be let in again is not to be written to.
    expect(await bob.items()).toEqual([]);
  });

  test("from sight with the time until which its owner may read the node, and comes back with another", async () => {
    const [first = "", second = ""] = await mailBob(2, "secret");
    const until = partition.fakeClock.now() + 1_000;
    await alice.one(grant(first, "user:bob", "read", until));
    expect(nodesOf((await bob.list()).items)).toEqual([second, first]);
    partition.fakeClock.advance(1_000);
    // What is written from now on is none of Bob's business.
    await alice.one(updateNode(first, { [TITLE]: str("secret plan") }));
    for (const unreadOnly of [false, true]) {
      const page = await bob.list({ unreadOnly, pageSize: 1 });
      expect(nodesOf(page.items)).toEqual([second]);
      expect([page.hasMore, page.unreadCount]).toEqual([false, 1]);
    }
    expect(await bob.unread()).toBe(1);
    expect((await bob.search("plan")).hits).toEqual([]);
    expect(nodesOf((await bob.search("secret")).hits.map(({ item }) => item))).toEqual([second]);
    await alice.one(grant(first, "user:bob"));
    expect(nodesOf((await bob.list()).items)).toEqual([second, first]);
    expect(await bob.unread()).toBe(2);
  });
});

describe("a node that changes", () => {
  test("changes what its items show and are found by", async () => {
    const id = await alice.make(
      letter(["user:bob", "user:carol"], { [TITLE]: str("before"), [BODY]: str("kept") }),
    );
    await bob.change("mark_read", { itemIds: idsOf(await bob.items()) });
    await alice.one(updateNode(id, { [TITLE]: str("afterwards") }));
    for (const mailbox of [bob, carol]) {
      expect((await mailbox.items())[0]?.snippet).toBe("afterwards kept");
      expect((await mailbox.search("before")).hits).toEqual([]);
      expect((await mailbox.search("afterwards kept")).hits).toHaveLength(1);
    }
    expect([await bob.unread(), await carol.unread()]).toEqual([0, 1]);
    await alice.one(updateNode(id, { [TITLE]: nothing, [BODY]: nothing }));
    expect((await bob.items())[0]?.snippet).toBe("");
  });
});

describe("a search", () => {
  test("finds by every searchable field and by nothing else", async () => {
    const values = {
      [TITLE]: str("Quarterly report"),
      [BODY]: str("Bärbel"),
      [NOTE]: str("hidden"),
    };
    const id = await alice.make(letter(["user:bob"], values));
    for (const query of ["report", "QUARTERLY barbel", "bärbel"]) {
      expect(nodesOf((await bob.search(query)).hits.map((hit) => hit.item))).toEqual([id]);
    }
    for (const query of ["hidden", "report missing", "quart", "alice", "bob"]) {
      expect((await bob.search(query)).hits).toEqual([]);
    }
    expect((await bob.search("quarterly rep", { prefix: true })).hits).toHaveLength(1);
    const [hit] = (await bob.search("report")).hits;
    expect(hit?.highlight).toBe("Quarterly \u0002report\u0003\nBärbel");
  });

  test("finds nothing of anybody else's, and its scores tell nothing of them", async () => {
    await alice.one(letter(["user:bob"], { [TITLE]: str("the merger is near") }));
    const alone = await bob.search("merger");
    for (let i = 0; i < 20; i++) {
      await alice.one(letter(["user:carol"], { [TITLE]: str(`merger merger ${i}`) }));
    }
    const among = await bob.search("merger");
    expect(among.hits).toEqual([...alone.hits]);
    expect(among.hits).toHaveLength(1);
    expect((await carol.search("near")).hits).toEqual([]);
  });

  test("gives the best first, page by page, each hit once", async () => {
    for (let i = 1; i <= 9; i++) {
      const title = `${"needle ".repeat(i % 4 === 0 ? 3 : 1)}${"hay ".repeat(i)}`;
      await alice.one(letter(["user:bob"], { [TITLE]: str(title) }));
    }
    const whole = (await bob.search("needle", { pageSize: 100 })).hits;
    expect(whole).toHaveLength(9);
    const scores = whole.map((hit) => hit.score);
    expect(scores).toEqual(scores.toSorted((a, b) => b - a));
    const paged: string[] = [];
    let cursor: Uint8Array | undefined;
    do {
      const page = await bob.search("needle", { pageSize: 2, cursor });
      paged.push(...page.hits.map((hit) => hit.item.id));
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    expect(paged).toEqual(whole.map((hit) => hit.item.id));
  });

  const hostile = [
    '"',
    "a*",
    "NEAR(a b)",
    "owner:x",
    "-a",
    "^a",
    "a AND b OR c NOT d",
    "{text}:a",
    "(a",
  ];
  test.each([
    ...hostile,
    "a'; DROP TABLE items",
    "東京",
    "a🎉",
    "\u202ea",
    "\u0301a",
    "a".repeat(256),
  ])("for %p is answered or refused, and finds no more than its words", async (query) => {
    await alice.one(letter(["user:bob"], { [TITLE]: str("nothing of this kind") }));
    await alice.one(letter(["user:carol"], { [TITLE]: str(query.isWellFormed() ? query : "") }));
    const answer = await bob.search(query).catch((error) => error.reason);
    expect(answer === "SEARCH_INVALID" || answer.hits.length === 0).toBe(true);
  });

  test("shows no marks that the text itself brought", async () => {
    await alice.one(letter(["user:bob"], { [TITLE]: str("a \u0002forged\u0003 word") }));
    const [hit] = (await bob.search("word")).hits;
    expect(hit?.highlight).toBe("a  forged  \u0002word\u0003");
  });
});

describe("another's mailbox", () => {
  const asks: [string, (as: MailboxClient) => Promise<unknown>][] = [
    ["list", (as) => as.list({ userId: "user:bob" })],
    ["search", (as) => as.search("x", { userId: "user:bob" })],
    ["count", (as) => as.unread("user:bob")],
    [
      "mark",
      (as) => as.change("mark_read", { userId: "user:bob", itemIds: [`mi_${"0".repeat(26)}`] }),
    ],
    [
      "delete",
      (as) => as.change("delete", { userId: "user:bob", itemIds: [`mi_${"0".repeat(26)}`] }),
    ],
    ["list nobody's", (as) => as.list({ userId: "user:nobody" })],
  ];
  test.each(asks)("is nobody's to %s without the right", async (_what, ask) => {
    await mailBob(1);
    const { end } = partition.partition.wal;
    expect(await refused(ask(carol))).toMatchObject({
      code: "permission_denied",
      reason: "PERMISSION_DENIED",
    });
    expect(partition.partition.wal.end).toBe(end);
  });

  test("is the administrator's", async () => {
    await mailBob(2);
    const admin = new MailboxClient(partition.tenant("acme", "user:root", ["admin"]));
    const userId = "user:bob";
    const items = await admin.items({ userId });
    expect(items).toHaveLength(2);
    expect((await admin.search("letter", { userId })).hits).toHaveLength(2);
    const itemIds = [items[0]?.id ?? ""];
    expect(await admin.change("mark_read", { userId, itemIds })).toMatchObject({ count: 1 });
    expect(await admin.change("delete", { userId, itemIds })).toMatchObject({ count: 1 });
    expect(await admin.unread(userId)).toBe(1);
    expect(await admin.items()).toEqual([]);
  });

  test("is not changed by a transaction either, where the record is applied", async () => {
    await mailBob(1);
    const itemIds = idsOf(await bob.items());
    const change = { userId: "user:bob", itemIds, beforeOffset: 0, unread: false };
    const asCarol = partition.tenant("acme", "user:carol");
    for (const op of ["mark_read", "delete_mailbox_items"] as const) {
      const error = await refused(asCarol.execute([createNode(LETTER), { op, ...change }]));
      expect(error.reason).toBe("PERMISSION_DENIED");
    }
    expect(await bob.unread()).toBe(1);
  });
});
