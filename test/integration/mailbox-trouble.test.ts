/**
 * Mailboxes follow the graph through crashes, full and locked files, damage and loss: no item is
 * lost or doubled, the graph goes on meanwhile, and what is made again is what it was. Over the
 * log on disk.
 */
import { Database } from "bun:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { turn } from "../../src/base/turn.ts";
import { LETTER, letter, MAIL_SCHEMA, MailboxClient, TITLE } from "../harness/mailbox.ts";
import {
  createNode,
  deleteNode,
  ownId,
  purgeNode,
  str,
  updateNode,
} from "../harness/operations.ts";
import { TestPartition, until } from "../harness/partition.ts";
import { refused } from "../harness/refusal.ts";
import type { TenantClient } from "../harness/tenant-client.ts";

const never = new AbortController().signal;

let partition: TestPartition;
let alice: TenantClient;
let bob: MailboxClient;

beforeEach(async () => {
  partition = await TestPartition.open({ wal: "file", busyTimeoutMs: 1 });
  alice = partition.tenant("acme");
  await alice.register(MAIL_SCHEMA);
  bob = new MailboxClient(partition.tenant("acme", "user:bob"));
});
afterEach(() => partition[Symbol.asyncDispose]());

const mail = (title: string) => alice.make(letter(["user:bob"], { [TITLE]: str(title) }));
const mailboxFile = () => join(partition.directoryOf("acme"), "mailbox.db");
const snippets = async () => (await bob.items()).map((item) => item.snippet);

/** A query of a database file that nobody has open. */
function rowsOf(file: string, sql: string): unknown[][] {
  const db = new Database(file, { readonly: true });
  try {
    return db.query(sql).values();
  } finally {
    db.close();
  }
}

async function hashOfMailboxes(): Promise<string> {
  await bob.items();
  const { stores, workers } = partition.partition;
  const mailboxes = stores.open("acme")?.mailbox.open();
  if (mailboxes === undefined) throw new Error("there are no mailboxes");
  return await workers.run(mailboxes.readFile, { kind: "content_hash" }, never);
}

/** The words of the index are those of its texts, and the counts those of the items. */
function requireSound(): void {
  const mailboxes = partition.partition.stores.open("acme")?.mailbox.open();
  if (mailboxes === undefined) return;
  const db = mailboxes.writeConnection;
  db.run("INSERT INTO mail_text (mail_text, rank) VALUES ('integrity-check', 1)");
  const [counts, counted] = [
    db.query("SELECT owner, unread FROM unread_counts ORDER BY owner").values(),
    db
      .query("SELECT owner, count(*) FROM items WHERE read = 0 GROUP BY owner ORDER BY owner")
      .values(),
  ];
  expect(counts).toEqual(counted);
  const texts = db.query("SELECT rowid FROM mail_text ORDER BY rowid").values();
  expect(texts).toEqual(db.query("SELECT item FROM items ORDER BY item").values());
}

describe("a crash", () => {
  test("between the graph's commit and the mailboxes' loses nothing and doubles nothing", async () => {
    await mail("first");
    await bob.items();
    await alice.one(letter(["user:bob"], { [TITLE]: str("second") }));
    // This turn has seen the commit; the mailboxes are told in a later one.
    const copy = partition.copy();
    const directory = join(copy, "tenants", directoryName(copy));
    expect(rowsOf(join(directory, "canonical.db"), "SELECT count(*) FROM mail_outbox")).toEqual([
      [2],
    ]);
    expect(rowsOf(join(directory, "mailbox.db"), "SELECT count(*) FROM items")).toEqual([[1]]);
    await using after = await TestPartition.open({ wal: "file", from: copy });
    const items = await new MailboxClient(after.tenant("acme", "user:bob")).items();
    expect(items.map((item) => item.snippet)).toEqual(["second", "first"]);
  });

  test("after a checkpoint finds the outbox empty and the items there", async () => {
    await mail("first");
    await bob.change("mark_read", { itemIds: (await bob.items()).map((item) => item.id) });
    await partition.checkpoint();
    const { stores } = partition.partition;
    expect(stores.open("acme")?.mailbox.outbox.hasRows).toBe(false);
    await mail("second");
    await partition.crash();
    expect(await snippets()).toEqual(["second", "first"]);
    expect(await bob.unread()).toBe(1);
    await partition.restart();
    expect(await snippets()).toEqual(["second", "first"]);
  });

  test("that takes the view's last commits but not the mailboxes' changes nothing", async () => {
    await mail("first");
    await bob.items();
    let saved = "";
    await partition.restart({}, () => {
      saved = partition.copy();
    });
    await mail("second");
    await bob.items();
    await partition.restart({}, () => {
      // The view is as it was before; the mailboxes are ahead of it.
      const name = directoryName(partition.dataDir);
      const [from, to] = [saved, partition.dataDir].map((dir) => join(dir, "tenants", name));
      for (const suffix of ["", "-wal", "-shm"])
        rmSync(join(to ?? "", `canonical.db${suffix}`), { force: true });
      Bun.spawnSync(["cp", join(from ?? "", "canonical.db"), join(to ?? "", "canonical.db")]);
      rmSync(join(partition.dataDir, "checkpoint", "partition-0.json"));
    });
    expect(await snippets()).toEqual(["second", "first"]);
    requireSound();
  });
});

/** The name of the one tenant's directory. */
function directoryName(dataDir: string): string {
  const names = readdirSync(join(dataDir, "tenants")).filter((name) => !name.startsWith("_"));
  return names[0] ?? "";
}

describe("mailboxes that are", () => {
  const damages: [string, () => void][] = [
    ["missing", () => rmSync(mailboxFileOf())],
    [
      "no database",
      () => writeFileSync(mailboxFileOf(), "not a database, but long enough to look like one"),
    ],
    ["empty", () => writeFileSync(mailboxFileOf(), "")],
    ["another tenant's", () => change("UPDATE mailbox_state SET tenant_id = 'other'")],
    ["of another life", () => change("UPDATE mailbox_state SET incarnation = 2")],
    ["of another log", () => change("UPDATE mailbox_state SET log_id = 'other'")],
    ["older than their outbox", () => change("UPDATE mailbox_state SET position = 0")],
    ["of no state", () => change("DELETE FROM mailbox_state")],
  ];
  const mailboxFileOf = () =>
    join(partition.dataDir, "tenants", directoryName(partition.dataDir), "mailbox.db");
  const change = (sql: string) => {
    const db = new Database(mailboxFileOf());
    db.run(sql);
    db.close();
  };

  test.each(damages)("%s are made again, while the graph is served", async (_what, damage) => {
    await mail("first");
    await mail("second");
    const [item] = await bob.items();
    await bob.change("mark_read", { itemIds: [item?.id ?? ""] });
    const before = { items: await bob.items(), hash: await hashOfMailboxes() };
    await partition.checkpoint();
    await partition.restart({}, () => {
      damage();
      // What a rebuild leaves that a crash cut off.
      const left = join(
        partition.dataDir,
        "tenants",
        directoryName(partition.dataDir),
        "mailbox.rebuild",
      );
      mkdirSync(left);
      writeFileSync(join(left, "canonical.db"), "half of it");
    });
    const error = await refused(bob.items());
    expect(error).toMatchObject({
      code: "unavailable",
      reason: "TENANT_REBUILDING",
      retryable: true,
    });
    // What is wrong stands in the log once, not once for everybody who asks.
    expect(error.cause).toBeUndefined();
    // The graph goes on at once, and its writes reach the mailboxes that are being made.
    const id = await mail("third");
    expect((await alice.node(id)).id).toBe(id);
    await until(() => !existsSync(join(partition.directoryOf("acme"), "mailbox.rebuild")));
    await untilServed();
    const items = await bob.items();
    expect(items.map(({ snippet }) => snippet)).toEqual(["third", "second", "first"]);
    expect(items.slice(1)).toEqual([...before.items]);
    await bob.change("delete", { itemIds: [items[0]?.id ?? ""] });
    expect(await hashOfMailboxes()).toBe(before.hash);
    expect(partition.trouble).toMatchObject([
      {
        what: "upkeep failed",
        tenantId: "the mailboxes of tenant acme cannot serve; they are mended",
      },
    ]);
    requireSound();
  });

  test("damaged in their middle are found so by whoever reads them, and made again", async () => {
    for (let i = 0; i < 40; i++) await mail(`word ${i} ${"x".repeat(400)}`);
    const before = await hashOfMailboxes();
    await partition.restart({}, () => {
      const file = mailboxFileOf();
      const { size } = statSync(file);
      const handle = openSync(file, "r+");
      writeSync(handle, new Uint8Array(size - 8_192).fill(0xa5), 0, size - 8_192, 8_192);
      closeSync(handle);
    });
    const error = await refused(bob.search("word"));
    expect(error.reason).toBe("TENANT_REBUILDING");
    await untilServed();
    expect(await hashOfMailboxes()).toBe(before);
  });

  test("locked are told so, and catch up by themselves, while the graph is served", async () => {
    await mail("first");
    await bob.items();
    const lock = new Database(mailboxFile());
    lock.run("BEGIN IMMEDIATE");
    const id = await mail("second");
    expect((await alice.node(id)).version).toBe(1);
    const error = await refused(bob.items());
    expect(error).toMatchObject({ code: "unavailable", reason: "TENANT_STALLED", retryable: true });
    expect(partition.engine.logState().tenantsBehind).toEqual([]);
    expect(await mail("third")).toStartWith("nd_");
    lock.run("ROLLBACK");
    lock.close();
    await untilServed();
    expect(await snippets()).toEqual(["third", "second", "first"]);
  });

  test("of a tenant whose view is made again are made again with it, the same", async () => {
    await mail("first");
    const id = await mail("second");
    await bob.change("mark_read", { itemIds: [(await bob.items())[0]?.id ?? ""] });
    await alice.one(updateNode(id, { [TITLE]: str("changed") }));
    await partition.checkpoint();
    const [before, items] = [await hashOfMailboxes(), await bob.items()];
    const report = await partition.engine.rebuildTenant("acme", never);
    expect(report.contentHashAfter).toBe(report.contentHashBefore);
    expect(await bob.items()).toEqual([...items]);
    expect(await hashOfMailboxes()).toBe(before);
    requireSound();
  });

  test("sound are not taken for damaged by the check of their pages, whatever was searched before", async () => {
    await mail("first");
    await mail("second");
    expect((await bob.search("first")).hits).toHaveLength(1);
    await bob.change("delete", { itemIds: (await bob.items()).map((item) => item.id) });
    const { stores, workers } = partition.partition;
    const file = stores.open("acme")?.mailbox.open()?.readFile;
    if (file === undefined) throw new Error("there are no mailboxes");
    expect(await workers.run(file, { kind: "quick_check" }, never)).toBe("ok");
  });

  test("a later version wrote are left alone, and say so", async () => {
    await mail("first");
    await bob.items();
    await partition.restart({}, () => change("PRAGMA user_version = 99"));
    expect((await refused(bob.items())).reason).toBe("FORMAT_TOO_NEW");
    expect(await mail("second")).toStartWith("nd_");
    await partition.restart({}, () => change("PRAGMA user_version = 1"));
    expect(await snippets()).toEqual(["second", "first"]);
  });

  test("none at all cost no file", async () => {
    await alice.one(createNode(LETTER, { [TITLE]: str("unsent") }));
    expect(await bob.items()).toEqual([]);
    expect((await bob.search("unsent")).hits).toEqual([]);
    expect(await bob.unread()).toBe(0);
    expect(existsSync(mailboxFile())).toBe(false);
  });
});

/** Lets time pass until the mailboxes can be read again. */
async function untilServed(): Promise<void> {
  let served = false;
  let asking = false;
  await until(
    () => served,
    () => {
      partition.fakeClock.advance(50);
      if (asking) return;
      asking = true;
      void bob.unread().then(
        () => {
          served = true;
        },
        () => {
          asking = false;
        },
      );
    },
  );
}

/** What a mailbox should hold, kept in the plainest way. */
interface ModelItem {
  readonly owner: string;
  readonly node: number;
  text: string;
  read: boolean;
}

type Step =
  | { readonly do: "mail"; readonly owners: readonly string[]; readonly word: string }
  | { readonly do: "update"; readonly node: number; readonly word: string }
  | { readonly do: "delete_node" | "purge_node"; readonly node: number }
  | { readonly do: "revoke"; readonly node: number; readonly owner: string }
  | { readonly do: "read" | "unread" | "delete"; readonly owner: string; readonly at: number }
  | { readonly do: "read_all" | "delete_all"; readonly owner: string }
  | { readonly do: "crash" | "checkpoint" | "lose" };

const OWNERS = ["user:bob", "user:carol"];
const WORDS = ["apple", "banana", "cherry"];
const owner = fc.constantFrom(...OWNERS);
const word = fc.constantFrom(...WORDS);
const node = fc.nat(5);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant("mail" as const), owners: fc.subarray(OWNERS), word }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("update" as const), node, word }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom("delete_node" as const, "purge_node" as const),
      node,
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("revoke" as const), node, owner }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom("read" as const, "unread" as const, "delete" as const),
      owner,
      at: fc.nat(4),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constantFrom("read_all" as const, "delete_all" as const),
      owner,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom("crash" as const, "checkpoint" as const, "lose" as const),
    }),
  },
);

/** Mailboxes and their model, step by step. */
class Run {
  readonly #partition: TestPartition;
  #items: ModelItem[] = [];
  readonly #gone = new Set<number>();
  #nodes = 0;

  constructor(of: TestPartition) {
    this.#partition = of;
  }

  async take(next: Step): Promise<void> {
    const sender = this.#partition.tenant("acme");
    switch (next.do) {
      case "mail": {
        const id = ownId("nd", this.#nodes);
        await sender.one(letter(next.owners, { [TITLE]: str(next.word) }, { id }));
        for (const name of next.owners) {
          this.#items.push({ owner: name, node: this.#nodes, text: next.word, read: false });
        }
        this.#nodes += 1;
        return;
      }
      case "update":
        if (!this.#lives(next.node)) return;
        await sender.one(updateNode(ownId("nd", next.node), { [TITLE]: str(next.word) }));
        for (const item of this.#items) if (item.node === next.node) item.text = next.word;
        return;
      case "delete_node":
      case "purge_node": {
        if (!this.#lives(next.node)) return;
        const remove = next.do === "delete_node" ? deleteNode : purgeNode;
        await sender.one(remove(ownId("nd", next.node)));
        this.#gone.add(next.node);
        this.#items = this.#items.filter((item) => item.node !== next.node);
        return;
      }
      case "revoke": {
        if (!this.#lives(next.node)) return;
        const nodeId = ownId("nd", next.node);
        await sender.one({ op: "revoke", nodeId, principal: next.owner, permission: undefined });
        this.#items = this.#items.filter(
          (item) => item.node !== next.node || item.owner !== next.owner,
        );
        return;
      }
      case "read":
      case "unread":
      case "delete":
        return await this.#changeOne(next);
      case "read_all":
      case "delete_all":
        return await this.#changeAll(next);
      case "crash":
        return await this.#partition.crash();
      case "checkpoint":
        return await this.#partition.checkpoint();
      case "lose":
        return await this.#partition.crash({}, () => loseMailboxes(this.#partition.dataDir));
    }
  }

  async check(): Promise<void> {
    for (const name of OWNERS) {
      const mailbox = this.#mailbox(name);
      const expected = this.#of(name);
      const { items, unreadCount } = await served(this.#partition, () => mailbox.list());
      expect(items.map(({ nodeId, snippet, read }) => [nodeId, snippet, read])).toEqual(
        expected.map((item) => [ownId("nd", item.node), item.text, item.read]),
      );
      expect(unreadCount).toBe(expected.filter((item) => !item.read).length);
      for (const query of WORDS) {
        const { hits } = await mailbox.search(query);
        const found = hits.map((hit) => hit.item.nodeId).sort();
        const wanted = expected.filter((item) => item.text === query);
        expect(found).toEqual(wanted.map((item) => ownId("nd", item.node)).sort());
      }
    }
  }

  async #changeOne(next: Step & { do: "read" | "unread" | "delete" }): Promise<void> {
    const mailbox = this.#mailbox(next.owner);
    const listed = await served(this.#partition, () => mailbox.items());
    const item = this.#of(next.owner)[next.at];
    if (item === undefined) return;
    const itemIds = [listed[next.at]?.id ?? ""];
    const change = { read: "mark_read", unread: "mark_unread", delete: "delete" } as const;
    const { count } = await mailbox.change(change[next.do], { itemIds });
    const isRead = next.do === "read";
    expect(count).toBe(next.do === "delete" || item.read !== isRead ? 1 : 0);
    if (next.do === "delete") this.#items = this.#items.filter((other) => other !== item);
    else item.read = isRead;
  }

  async #changeAll(next: Step & { do: "read_all" | "delete_all" }): Promise<void> {
    const mailbox = this.#mailbox(next.owner);
    const { positionToken: upTo } = await served(this.#partition, () => mailbox.list());
    const own = this.#of(next.owner);
    const isRead = next.do === "read_all";
    const { count } = await mailbox.change(isRead ? "mark_read" : "delete", { upTo });
    expect(count).toBe(isRead ? own.filter((item) => !item.read).length : own.length);
    if (isRead) for (const item of own) item.read = true;
    else this.#items = this.#items.filter((item) => item.owner !== next.owner);
  }

  #lives(number: number): boolean {
    return number < this.#nodes && !this.#gone.has(number);
  }

  /** Newest first. */
  #of(name: string): ModelItem[] {
    return this.#items.filter((item) => item.owner === name).reverse();
  }

  #mailbox(name: string): MailboxClient {
    return new MailboxClient(this.#partition.tenant("acme", name));
  }
}

function loseMailboxes(dataDir: string): void {
  const directory = join(dataDir, "tenants", directoryName(dataDir));
  for (const suffix of ["", "-wal", "-shm"]) {
    rmSync(join(directory, `mailbox.db${suffix}`), { force: true });
  }
}

/** Asks until the mailboxes are served again. */
async function served<T>(of: TestPartition, ask: () => Promise<T>): Promise<T> {
  for (let tries = 0; tries < 10_000; tries++) {
    try {
      return await ask();
    } catch (error) {
      if ((error as { reason?: string }).reason !== "TENANT_REBUILDING") throw error;
      of.fakeClock.advance(50);
      await turn();
    }
  }
  throw new Error("the mailboxes never came back");
}

/** What is listed while the applier gives way is marked by the token of that list. */
const LISTED_BEFORE_THE_PARTITION_HAS_PASSED: Step[] = [
  { do: "checkpoint" },
  { do: "mail", owners: ["user:carol"], word: "apple" },
  { do: "read_all", owner: "user:carol" },
];

test("whatever is done, and whatever crashes, mailboxes are what a naive model of them is", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), async (steps) => {
      await using own = await TestPartition.open({ wal: "file" });
      await own.tenant("acme").register(MAIL_SCHEMA);
      const run = new Run(own);
      for (const next of steps) await run.take(next);
      await run.check();
    }),
    { numRuns: 25, examples: [[LISTED_BEFORE_THE_PARTITION_HAS_PASSED]] },
  );
}, 120_000);

test("the content hash of mailboxes tells them apart", async () => {
  await mail("first");
  const before = await hashOfMailboxes();
  await bob.change("mark_read", { itemIds: (await bob.items()).map((item) => item.id) });
  expect(await hashOfMailboxes()).not.toBe(before);
});
