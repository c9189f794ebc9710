/**
 * Full-text search over nodes, through the engine: what is found, in which order, by whom, and
 * that the words stay in step with the nodes whatever happens to them.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { SearchRequest } from "../../src/engine/engine.ts";
import { NO_MAIL, type NodeSharing } from "../../src/record/transaction.ts";
import {
  createNode,
  deleteNode,
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

const NOTE = 1;
const PAGE = 2;
const PLAIN = 3;
const TITLE = 1;
const BODY = 2;
const TAGS = 3;
const SECRET = 4;

const SCHEMA = {
  node_types: [
    {
      type_id: NOTE,
      name: "Note",
      fields: [
        { field_id: TITLE, name: "title", kind: "str", searchable: true },
        { field_id: BODY, name: "body", kind: "str", searchable: true },
        { field_id: TAGS, name: "tags", kind: "list_str", searchable: true },
        { field_id: SECRET, name: "secret", kind: "str" },
      ],
    },
    {
      type_id: PAGE,
      name: "Page",
      fields: [{ field_id: TITLE, name: "title", kind: "str", searchable: true }],
    },
    {
      type_id: PLAIN,
      name: "Plain",
      fields: [{ field_id: TITLE, name: "title", kind: "str" }],
    },
  ],
};

const never = new AbortController().signal;
const NOW = { atLeast: undefined, strong: false };

let partition: TestPartition;

const freshTenant = () => partition.freshTenant(SCHEMA);

function search(tenant: TenantClient, query: string, options: Partial<SearchRequest> = {}) {
  const request = {
    query,
    typeIds: [],
    fieldIds: [],
    prefix: false,
    pageSize: 0,
    cursor: undefined,
    ...options,
  };
  return tenant.engine.searchNodes(tenant.caller, request, NOW, never);
}

async function found(tenant: TenantClient, query: string, options: Partial<SearchRequest> = {}) {
  const { hits } = await search(tenant, query, options);
  return hits.map(({ node }) => node.id);
}

const shared = (...principals: string[]): NodeSharing => ({
  grants: principals.map((principal) => ({ principal, permission: "read", expiresAt: 0 })),
  recipients: [],
  mail: NO_MAIL,
});

beforeAll(async () => {
  partition = await TestPartition.open();
});
afterAll(() => partition[Symbol.asyncDispose]());

describe("what is found", () => {
  test("nodes that hold every word, in any of their searchable fields", async () => {
    const tenant = await freshTenant();
    const both = await tenant.make(
      createNode(NOTE, { [TITLE]: str("Quarterly report"), [BODY]: str("numbers for Ürsula") }),
    );
    const tagged = await tenant.make(
      createNode(NOTE, { [TAGS]: { kind: "list_str", value: ["report", "green"] } }),
    );
    await tenant.make(createNode(NOTE, { [SECRET]: str("report") }));
    expect(await found(tenant, "report ursula")).toEqual([both]);
    expect(new Set(await found(tenant, "REPORT"))).toEqual(new Set([both, tagged]));
    expect(await found(tenant, "green")).toEqual([tagged]);
    expect(await found(tenant, "nowhere")).toEqual([]);
  });

  test("the better match first; the score falls, and what was found is marked", async () => {
    const tenant = await freshTenant();
    await tenant.make(createNode(NOTE, { [BODY]: str(`whale ${"sea ".repeat(60)}`) }));
    const best = await tenant.make(createNode(NOTE, { [TITLE]: str("whale whale") }));
    await tenant.make(createNode(NOTE, { [TITLE]: str("nothing of it") }));
    const { hits } = await search(tenant, "whale");
    expect(hits[0]?.node.id).toBe(best);
    expect(hits).toHaveLength(2);
    expect((hits[0]?.score ?? 0) > (hits[1]?.score ?? 0)).toBe(true);
    expect(hits[0]?.highlights).toEqual([
      { fieldId: TITLE, text: "\u0002whale\u0003 \u0002whale\u0003" },
    ]);
    expect(hits[1]?.highlights[0]?.fieldId).toBe(BODY);
  });

  test("a text cannot mark itself", async () => {
    const tenant = await freshTenant();
    const honest = await tenant.make(createNode(NOTE, { [TITLE]: str("whale whale") }));
    await tenant.make(
      createNode(NOTE, {
        [TITLE]: str(`whale \u0002free\u0003${"\u0002".repeat(50)}`),
        [TAGS]: { kind: "list_str", value: ["\u0002tag\u0003"] },
      }),
    );
    const { hits } = await search(tenant, "whale");
    expect(hits[0]?.node.id).toBe(honest);
    expect(hits[1]?.highlights).toHaveLength(1);
    expect(hits[1]?.highlights[0]?.text).toStartWith("\u0002whale\u0003  free ");
  });

  test("in the types and fields that are named", async () => {
    const tenant = await freshTenant();
    const inTitle = await tenant.make(createNode(NOTE, { [TITLE]: str("harbour") }));
    const inBody = await tenant.make(createNode(NOTE, { [BODY]: str("harbour") }));
    const page = await tenant.make(createNode(PAGE, { [TITLE]: str("harbour") }));
    expect(await found(tenant, "harbour", { typeIds: [PAGE] })).toEqual([page]);
    expect(await found(tenant, "harbour", { typeIds: [NOTE], fieldIds: [BODY] })).toEqual([inBody]);
    expect(new Set(await found(tenant, "harbour", { typeIds: [NOTE, PAGE] }))).toEqual(
      new Set([inTitle, inBody, page]),
    );
  });

  test("a prefix of the last word only when asked for", async () => {
    const tenant = await freshTenant();
    const id = await tenant.make(createNode(NOTE, { [TITLE]: str("lighthouse keeper") }));
    expect(await found(tenant, "light")).toEqual([]);
    expect(await found(tenant, "keeper light", { prefix: true })).toEqual([id]);
    expect(await found(tenant, "keep light", { prefix: true })).toEqual([]);
  });

  test("the numbers of types are no words of any text", async () => {
    const tenant = await freshTenant();
    await tenant.make(createNode(NOTE, { [TITLE]: str("plain") }));
    expect(await found(tenant, "t1")).toEqual([]);
    expect(await found(tenant, "t1", { typeIds: [NOTE] })).toEqual([]);
  });
});

interface Step {
  readonly node: number;
  readonly what: string;
  readonly words: readonly string[];
}
type Texts = Map<string, { text: string; deleted: boolean }>;

/** Does a step to the tenant and to the model; one that makes no sense does what does. */
async function take(tenant: TenantClient, texts: Texts, { node, what, words }: Step) {
  const id = ownId("nd", node + 1);
  const text = words.join(" ");
  const known = texts.get(id);
  if (known === undefined) {
    await tenant.one(createNode(NOTE, { [TITLE]: str(text) }, { id }));
    texts.set(id, { text, deleted: false });
  } else if (what === "purge") {
    await tenant.one(purgeNode(id));
    texts.delete(id);
  } else if (known.deleted || what === "delete") {
    await tenant.one(known.deleted ? restoreNode(id) : deleteNode(id));
    known.deleted = !known.deleted;
  } else {
    await tenant.one(updateNode(id, { [TITLE]: str(text) }));
    known.text = text;
  }
}

describe("the words keep step with the nodes", () => {
  test("update, clearing, deletion, restoring and purging", async () => {
    const tenant = await freshTenant();
    const id = await tenant.make(createNode(NOTE, { [TITLE]: str("first"), [BODY]: str("stay") }));
    await tenant.one(updateNode(id, { [TITLE]: str("second") }));
    expect(await found(tenant, "first")).toEqual([]);
    expect(await found(tenant, "second stay")).toEqual([id]);
    await tenant.one(updateNode(id, { [TITLE]: nothing }));
    expect(await found(tenant, "second")).toEqual([]);
    await tenant.one(deleteNode(id));
    expect(await found(tenant, "stay")).toEqual([]);
    await tenant.one(restoreNode(id));
    expect(await found(tenant, "stay")).toEqual([id]);
    await tenant.one(purgeNode(id));
    expect(await found(tenant, "stay")).toEqual([]);
  });

  test("what a transaction takes back it takes back here too", async () => {
    const tenant = await freshTenant();
    const id = await tenant.make(createNode(NOTE, { [TITLE]: str("calm") }));
    const transaction = tenant.execute([
      updateNode(id, { [TITLE]: str("storm") }),
      createNode(NOTE, { [TITLE]: str("storm") }),
      deleteNode(ownId("nd", 99)),
    ]);
    expect((await refused(transaction)).reason).toBe("NODE_NOT_FOUND");
    expect(await found(tenant, "storm")).toEqual([]);
    expect(await found(tenant, "calm")).toEqual([id]);
  });

  test("the same is found after a crash, and in a view made again from the log", async () => {
    const own = await TestPartition.open({ wal: "file" });
    await using _ = own;
    const tenant = own.tenant("kept");
    await tenant.register(SCHEMA);
    const id = await tenant.make(createNode(NOTE, { [TITLE]: str("durable words") }));
    await own.crash();
    expect(await found(tenant, "words")).toEqual([id]);
    const report = await own.engine.rebuildTenant("kept", never);
    expect(report.contentHashAfter).toBe(report.contentHashBefore);
    expect(await found(tenant, "durable")).toEqual([id]);
  });

  test("a model that only keeps texts finds the same", async () => {
    const words = ["ash", "birch", "cedar", "elm", "fir"];
    const step = fc.record({
      node: fc.nat(5),
      what: fc.constantFrom("put", "put", "delete", "restore", "purge"),
      words: fc.array(fc.constantFrom(...words), { maxLength: 4 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async (steps) => {
        const tenant = await freshTenant();
        const texts: Texts = new Map();
        for (const step of steps) await take(tenant, texts, step);
        for (const word of words) {
          const wanted = [...texts].filter(
            ([, { text, deleted }]) => !deleted && text.split(" ").includes(word),
          );
          expect(new Set(await found(tenant, word))).toEqual(new Set(wanted.map(([id]) => id)));
        }
      }),
      { numRuns: 30 },
    );
  });
});

describe("who finds what", () => {
  test("a score tells nothing of what others have", async () => {
    const tenant = await freshTenant();
    const mine = partition.tenant(tenant.caller.tenantId, "user:mallory");
    await mine.make(
      createNode(NOTE, { [TITLE]: str("merger"), [BODY]: str("what is known of it") }),
    );
    const scores = async () => (await search(mine, "merger known")).hits.map(({ score }) => score);
    const before = await scores();
    for (let i = 0; i < 5; i++) {
      await tenant.make(
        createNode(NOTE, { [TITLE]: str("merger"), [BODY]: str("x ".repeat(500)) }),
      );
    }
    expect(await scores()).toEqual(before);
  });

  test("what may not be read counts towards the budget, so that nothing is looked at without end", async () => {
    await using small = await TestPartition.open({ scanRows: 10 });
    const tenant = small.tenant("small");
    await tenant.register(SCHEMA);
    const make = (words: string) => tenant.make(createNode(NOTE, { [TITLE]: str(words) }));
    for (let i = 0; i < 10; i++) await make("ocean");
    const eve = small.tenant("small", "user:eve");
    expect(await found(eve, "ocean")).toEqual([]);
    await make("ocean");
    expect((await refused(search(eve, "ocean"))).reason).toBe("LIMIT_EXCEEDED");
  });

  test("only what may be read, before a page is cut", async () => {
    const tenant = await freshTenant();
    const bob = partition.tenant(tenant.caller.tenantId, "user:bob");
    const mine: string[] = [];
    for (let i = 0; i < 30; i++) {
      const sharing = i % 10 === 0 ? shared("user:bob") : shared();
      const node = createNode(NOTE, { [TITLE]: str("ocean") }) as never as object;
      const id = await tenant.make({ ...node, sharing } as never);
      if (i % 10 === 0) mine.push(id);
    }
    expect(await found(tenant, "ocean", { pageSize: 100 })).toHaveLength(30);
    const first = await search(bob, "ocean", { pageSize: 2 });
    expect(first.hits).toHaveLength(2);
    expect(first.hasMore).toBe(true);
    const rest = await search(bob, "ocean", { pageSize: 2, cursor: first.nextCursor });
    const all = [...first.hits, ...rest.hits].map(({ node }) => node.id);
    expect(new Set(all)).toEqual(new Set(mine));
    expect(rest.hasMore).toBe(false);
    expect(await found(partition.tenant(tenant.caller.tenantId, "user:eve"), "ocean")).toEqual([]);
  });
});

describe("what is refused", () => {
  test.each<[string, string, Partial<SearchRequest>, string]>([
    ["a text without a word", " -- ", {}, "SEARCH_INVALID"],
    ["a type that is not there", "x", { typeIds: [77] }, "TYPE_UNKNOWN"],
    ["a type without searchable fields", "x", { typeIds: [PLAIN] }, "SEARCH_INVALID"],
    ["fields of no type", "x", { fieldIds: [TITLE] }, "SEARCH_INVALID"],
    ["a field that is not there", "x", { typeIds: [NOTE], fieldIds: [9] }, "FIELD_UNKNOWN"],
    [
      "a field that is not searchable",
      "x",
      { typeIds: [NOTE], fieldIds: [SECRET] },
      "SEARCH_INVALID",
    ],
    ["too large a page", "x", { pageSize: 101 }, "LIMIT_EXCEEDED"],
    ["too many types", "x", { typeIds: Array(101).fill(NOTE) }, "LIMIT_EXCEEDED"],
    ["a cursor of nothing", "x", { cursor: new Uint8Array([1, 2, 3]) }, "INVALID_CURSOR"],
  ])("%s", async (_, query, options, reason) => {
    const tenant = await freshTenant();
    expect((await refused(search(tenant, query, options))).reason as string).toBe(reason);
  });

  test("a cursor of another search", async () => {
    const tenant = await freshTenant();
    for (let i = 0; i < 3; i++) await tenant.make(createNode(NOTE, { [TITLE]: str("tide") }));
    const { nextCursor } = await search(tenant, "tide", { pageSize: 1 });
    const other = search(tenant, "wave", { pageSize: 1, cursor: nextCursor });
    expect((await refused(other)).reason).toBe("INVALID_CURSOR");
  });
});

describe("a tenant without searchable fields", () => {
  test("finds nothing, and comes to have an index when a field is declared", async () => {
    const tenant = partition.tenant("search-late");
    await tenant.register({ node_types: [{ type_id: NOTE, name: "Note" }] });
    expect(await found(tenant, "anything")).toEqual([]);
    await tenant.register(SCHEMA);
    const id = await tenant.make(createNode(NOTE, { [TITLE]: str("anything") }));
    expect(await found(tenant, "anything")).toEqual([id]);
  });
});
