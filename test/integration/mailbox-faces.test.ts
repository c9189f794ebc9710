/**
 * Mailboxes over RPC, over REST and on the command line: that what is asked arrives whole, what is answered
 * comes back whole, and refusals keep their reason. What mailboxes do is tested at the engine.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { create } from "@bufbuild/protobuf";
import { type Client, ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { EntDBService, MailboxSelectionSchema } from "../../gen/entdb/v1/entdb_service_pb.ts";
import type { JsonObject } from "../../src/base/json.ts";
import { runCli } from "../../src/cli/run.ts";
import { recordedContext } from "../harness/cli-context.ts";
import { letter, MAIL_SCHEMA, MailboxClient, TITLE } from "../harness/mailbox.ts";
import { str } from "../harness/operations.ts";
import { TestPartition } from "../harness/partition.ts";
import { RestApp } from "../harness/rest-app.ts";
import { startFace, type TestFace } from "../harness/rpc-face.ts";
import type { TenantClient } from "../harness/tenant-client.ts";
import { startTestServer, type TestServer } from "../harness/test-server.ts";

let partition: TestPartition;
let face: TestFace;
let rpc: Client<typeof EntDBService>;
let rest: RestApp;
let tenants = 0;

beforeAll(async () => {
  partition = await TestPartition.open();
  face = await startFace({ behind: partition.engine });
  const transport = createConnectTransport({ baseUrl: face.url, httpVersion: "1.1" });
  rpc = createClient(EntDBService, transport);
  rest = new RestApp({ behind: partition.engine });
});
afterAll(async () => {
  await face[Symbol.asyncDispose]();
  await partition[Symbol.asyncDispose]();
});

let tenantId: string;
let alice: TenantClient;
let bob: MailboxClient;
let nodes: string[];

/** Two letters for Bob: a plain one, and a newer one with all that a letter may have. */
beforeEach(async () => {
  tenantId = `tenant-${++tenants}`;
  alice = partition.tenant(tenantId);
  await alice.register(MAIL_SCHEMA);
  const mail = { thread: "t-1", metadata: new Map([["priority", "high"]]) };
  const letters = [
    letter(["user:bob"], { [TITLE]: str("first") }),
    letter(["user:bob"], { [TITLE]: str("second letter") }, { mail }),
  ];
  nodes = (await alice.execute(letters)).results.map((result) => result.nodeId);
  bob = new MailboxClient(partition.tenant(tenantId, "user:bob"));
});

const context = (actor = "user:bob") => ({ tenantId, actor });
const headers = (actor = "user:bob") => ({ "x-tenant-id": tenantId, "x-actor": actor });
const selection = (itemIds: string[], upTo = new Uint8Array(0)) =>
  create(MailboxSelectionSchema, { itemIds, upTo });

async function newest(): Promise<string> {
  return (await bob.items())[0]?.id ?? "";
}

async function refusedBy(asked: Promise<unknown>): Promise<string> {
  const error = await asked.then(
    () => undefined,
    (thrown: unknown) => ConnectError.from(thrown),
  );
  return error?.rawMessage ?? "answered";
}

describe("over RPC", () => {
  test("a mailbox is listed page by page, with everything that an item says", async () => {
    const first = await rpc.listMailbox({ context: context(), pageSize: 1 });
    expect(first.items).toMatchObject([
      {
        id: await newest(),
        nodeId: nodes[1] ?? "",
        typeId: 1,
        deliveredAt: BigInt(partition.clock.now()),
        read: false,
        snippet: "second letter",
        thread: "t-1",
        metadata: { priority: "high" },
        sender: "user:alice",
      },
    ]);
    expect([first.hasMore, first.unreadCount]).toEqual([true, 2n]);
    expect(first.positionToken.length).toBeGreaterThan(0);
    const rest = await rpc.listMailbox({ context: context(), cursor: first.nextCursor });
    expect(rest.items.map((item) => item.nodeId)).toEqual([nodes[0] ?? ""]);
    expect(rest.hasMore).toBe(false);
    const thread = await rpc.listMailbox({
      context: context(),
      thread: "t-1",
      unreadOnly: true,
      typeId: 1,
    });
    expect(thread.items).toHaveLength(1);
  });

  test("items are found, counted, marked and deleted", async () => {
    const found = await rpc.searchMailbox({ context: context(), query: "let", prefix: true });
    expect(found.results).toMatchObject([
      { item: { nodeId: nodes[1] ?? "" }, highlight: "second \u0002letter\u0003" },
    ]);
    const ids = [await newest()];
    const marked = await rpc.markRead({ context: context(), items: selection(ids) });
    expect(marked).toMatchObject({ count: 1n });
    expect(marked.walPosition).toMatch(/^0:\d+$/);
    const read = { atLeast: marked.positionToken };
    expect(await rpc.getUnreadCount({ context: context(), read })).toMatchObject({
      unreadCount: 1n,
    });
    const again = { context: context(), items: selection(ids), unread: true, idempotencyKey: "k" };
    expect(await rpc.markRead(again)).toMatchObject({ count: 1n });
    expect(await rpc.markRead(again)).toMatchObject({ count: 1n });
    const upTo = new Uint8Array(marked.positionToken);
    const deleted = await rpc.deleteMailboxItems({
      context: context(),
      items: selection([], upTo),
    });
    expect(deleted).toMatchObject({ count: 2n });
    expect((await rpc.listMailbox({ context: context() })).items).toEqual([]);
  });

  test("a transaction changes items", async () => {
    const items = selection([await newest()]);
    await rpc.executeAtomic({
      context: context(),
      operations: [{ operation: { case: "markRead", value: { items } } }],
    });
    expect(await bob.unread()).toBe(1);
    await rpc.executeAtomic({
      context: context(),
      operations: [{ operation: { case: "deleteMailboxItems", value: { items } } }],
    });
    expect(await bob.items()).toHaveLength(1);
  });

  test("refusals say why", async () => {
    const other = { context: context("user:eve"), userId: "user:bob" };
    expect(await refusedBy(rpc.listMailbox(other))).toContain("mailboxes");
    expect(await refusedBy(rpc.searchMailbox({ ...other, query: "x" }))).toContain("mailboxes");
    expect(await refusedBy(rpc.getUnreadCount(other))).toContain("mailboxes");
    expect(await refusedBy(rpc.markRead({ context: context() }))).toContain("say which items");
    expect(await refusedBy(rpc.searchMailbox({ context: context(), query: "" }))).toContain(
      "no word",
    );
  });
});

describe("over REST", () => {
  const get = (path: string, actor = "user:bob") => rest.get(path, headers(actor));
  const post = (path: string, body: JsonObject, actor = "user:bob") =>
    rest.post(path, body, headers(actor));

  test("a mailbox is listed page by page, with everything that an item says", async () => {
    const first = await get("/v1/mailbox?limit=1");
    expect(first.status).toBe(200);
    expect(first.json).toEqual({
      items: [
        {
          id: await newest(),
          node_id: nodes[1] ?? "",
          type_id: 1,
          delivered_at: partition.clock.now(),
          read: false,
          snippet: "second letter",
          thread: "t-1",
          metadata: { priority: "high" },
          sender: "user:alice",
        },
      ],
      unread_count: 2,
      next_cursor: first.json["next_cursor"] ?? null,
      has_more: true,
    });
    const rest = await get(`/v1/mailbox?cursor=${first.json["next_cursor"]}`);
    expect(rest.json).toMatchObject({ items: [{ node_id: nodes[0] ?? "" }], next_cursor: null });
    const own = await get("/v1/mailbox?user_id=user%3Abob&thread=t-1&unread_only=true&type_id=1");
    expect(own.json["items"]).toHaveLength(1);
  });

  test("items are found, counted, marked and deleted", async () => {
    const found = await get("/v1/mailbox/search?query=let&prefix=true");
    expect(found.json).toMatchObject({
      results: [{ item: { node_id: nodes[1] ?? "" }, highlight: "second \u0002letter\u0003" }],
    });
    const item_ids = [await newest()];
    const marked = await post("/v1/mailbox/mark_read", { item_ids });
    expect(marked.json).toMatchObject({ count: 1 });
    expect((await get("/v1/mailbox/unread_count")).json).toEqual({ unread_count: 1 });
    const back = { item_ids, unread: true, idempotency_key: "k" };
    expect((await post("/v1/mailbox/mark_read", back)).json).toMatchObject({ count: 1 });
    expect((await post("/v1/mailbox/mark_read", back)).json).toMatchObject({ count: 1 });
    const up_to = String(marked.json["position_token"]);
    expect((await post("/v1/mailbox/delete", { up_to })).json).toMatchObject({ count: 2 });
    expect((await get("/v1/mailbox")).json).toMatchObject({ items: [], unread_count: 0 });
  });

  test("a transaction delivers and changes items", async () => {
    const item_ids = [await newest()];
    const operations = [
      { op: "mark_read", item_ids },
      { op: "create_node", type: "Letter", payload: { title: "third" }, recipients: ["user:bob"] },
    ];
    expect((await post("/v1/atomic", { operations })).status).toBe(200);
    expect((await get("/v1/mailbox")).json).toMatchObject({
      items: [
        { snippet: "third", sender: "user:bob", read: false },
        { read: true },
        { read: false },
      ],
      unread_count: 2,
    });
    await post("/v1/atomic", { operations: [{ op: "delete_mailbox_items", item_ids }] });
    expect((await get("/v1/mailbox")).json["items"]).toHaveLength(2);
  });

  const refusals: [string, () => Promise<{ status: number; reason: string }>, number, string][] = [
    [
      "another's",
      () => get("/v1/mailbox?user_id=user%3Abob", "user:eve"),
      403,
      "PERMISSION_DENIED",
    ],
    [
      "another's items",
      () =>
        post(
          "/v1/mailbox/delete",
          { user_id: "user:bob", item_ids: [`mi_${"0".repeat(26)}`] },
          "user:eve",
        ),
      403,
      "PERMISSION_DENIED",
    ],
    ["a type that is not there", () => get("/v1/mailbox?type=None"), 400, "TYPE_UNKNOWN"],
    ["a type twice", () => get("/v1/mailbox?type=Letter&type_id=1"), 400, "INVALID_REQUEST"],
    ["no items", () => post("/v1/mailbox/mark_read", {}), 400, "INVALID_REQUEST"],
    ["no position", () => post("/v1/mailbox/mark_read", { up_to: "!" }), 400, "INVALID_POSITION"],
    ["no words", () => get("/v1/mailbox/search"), 400, "SEARCH_INVALID"],
    ["what is unknown", () => get("/v1/mailbox?user=x"), 400, "INVALID_REQUEST"],
    [
      "an operation with what is unknown",
      () => post("/v1/atomic", { operations: [{ op: "mark_read", items: [] }] }),
      400,
      "INVALID_REQUEST",
    ],
  ];
  test.each(refusals)("a request for %s is refused", async (_what, ask, status, reason) => {
    const answer = await ask();
    expect([answer.status, answer.reason]).toEqual([status, reason]);
  });
});

describe("on the command line", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(() => server[Symbol.asyncDispose]());

  async function cli(...argv: string[]) {
    const context = recordedContext();
    const target = ["--url", server.httpUrl, "--tenant-id", "office"];
    const code = await runCli([...argv, ...target], context);
    return { code, stdout: context.stdout(), stderr: context.stderr() };
  }

  async function rows(...argv: string[]): Promise<JsonObject[]> {
    const { code, stdout, stderr } = await cli(
      "mailbox",
      ...argv,
      "--actor",
      "user:bob",
      "-o",
      "jsonl",
    );
    expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
    return stdout
      .trim()
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line));
  }

  test("mailboxes are listed, searched, counted, marked and cleared", async () => {
    await fetch(`${server.httpUrl}/v1/schema?tenant_id=office&actor=user:alice`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(MAIL_SCHEMA),
    });
    for (const title of ["first letter", "second"]) {
      const create = [
        "node",
        "create",
        "--type",
        "Letter",
        "--recipients",
        "user:bob",
        `title=${title}`,
      ];
      expect(await cli(...create, "--actor", "user:alice")).toMatchObject({ code: 0 });
    }
    const [second, first] = await rows("list");
    expect([second, first]).toMatchObject([{ snippet: "second" }, { snippet: "first letter" }]);
    expect((await cli("mailbox", "list", "--actor", "user:bob")).stdout).toMatch(
      /^mi_\S+ +\d{4}-\S+Z +false +user:alice +nd_\S+ +first letter$/m,
    );
    const id = String(first?.["id"]);
    const dry = ["mailbox", "delete", id, "--dry-run", "--actor", "user:bob"];
    expect((await cli(...dry)).stderr).toContain("would delete 1 item of a mailbox for good");
    expect((await cli(...dry, "--up-to", "AA")).stderr).toContain(
      "1 item and every item up to a position",
    );
    expect(await rows("search", "lett", "--prefix")).toMatchObject([
      { item: { id: first?.["id"] } },
    ]);
    const found = await cli("mailbox", "search", "letter", "--actor", "user:bob");
    expect(found.stdout).toContain("first [letter]");
    expect(await rows("mark-read", String(first?.["id"]))).toMatchObject([{ count: 1 }]);
    expect(await rows("unread")).toEqual([{ unread_count: 1 }]);
    expect(await rows("list", "--unread", "--type", "Letter", "--limit", "5")).toMatchObject([
      { snippet: "second" },
    ]);
    const [back] = await rows("mark-read", "--unread", String(first?.["id"]));
    expect(await rows("mark-read", "--up-to", String(back?.["position_token"]))).toMatchObject([
      { count: 2 },
    ]);
    expect((await cli("mailbox", "unread", "--actor", "user:bob")).stdout).toBe("0\n");
    expect(
      await rows("delete", String(first?.["id"]), "--yes", "--user", "user:bob"),
    ).toMatchObject([{ count: 1 }]);
    expect(await rows("list")).toMatchObject([{ id: second?.["id"] ?? "" }]);
  });

  test("what cannot be done says so and exits accordingly", async () => {
    const bob = ["--actor", "user:bob"];
    expect(await cli("mailbox", "mark-read", ...bob)).toMatchObject({ code: 2 });
    const unasked = await cli("mailbox", "delete", `mi_${"0".repeat(26)}`, ...bob);
    expect(unasked).toMatchObject({ code: 2 });
    expect(unasked.stderr).toContain("--yes");
    const other = await cli("mailbox", "list", "--actor", "user:eve", "--user", "user:bob");
    expect(other.code).not.toBe(0);
    expect(other.stderr).toContain("PERMISSION_DENIED");
  });
});
