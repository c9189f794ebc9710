/**
 * Random histories against a plain model in memory: transactions on a few tenants, repeated
 * requests, crashes, restarts, checkpoints and rebuilds in between. Every answer must be the
 * model's, and in the end every node and edge, before and after a rebuild from the log.
 * fast-check prints the seed of a failure.
 */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { EntError } from "../../src/base/errors.ts";
import type { RequestedOperation, TransactionReceipt } from "../../src/engine/engine.ts";
import type { EdgeTarget } from "../../src/record/transaction.ts";
import type { Value } from "../../src/schema/value.ts";
import { GraphModel } from "../harness/graph-model.ts";
import {
  AGE,
  BOSS,
  COUNTRY,
  EFFORT,
  EMAIL,
  GRAPH_SCHEMA,
  KNOWS,
  NAME,
  NEXT,
  OWNER,
  OWNS,
  PASSPORT,
  SINCE,
  STATUS,
  TASK,
  TITLE,
  USER,
  WITNESS,
} from "../harness/graph-schema.ts";
import {
  createEdge,
  createNode,
  deleteEdge,
  deleteNode,
  edge,
  float,
  int,
  nothing,
  ordinal,
  ownId,
  purgeNode,
  ref,
  restoreNode,
  str,
  updateEdge,
  updateNode,
  type Values,
} from "../harness/operations.ts";
import { TestPartition } from "../harness/partition.ts";

const TENANTS = ["one", "two"];
const NODE_IDS = Array.from({ length: 12 }, (_, i) => ownId("nd", i));
const EDGE_IDS = Array.from({ length: 12 }, (_, i) => ownId("ed", i));
const nodeId = fc.constantFrom(...NODE_IDS);
const edgeId = fc.constantFrom(...EDGE_IDS);
const nodeAlias = fc.constantFrom("", "a", "b");
const edgeAlias = fc.constantFrom("", "e");
/** An id or an alias; {@link sensible} leaves hardly any alias that is not known. */
const ANY_NODE = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...NODE_IDS.slice(0, 6)) },
  { weight: 1, arbitrary: nodeId },
  { weight: 2, arbitrary: fc.constantFrom("$a.id", "$b.id") },
);
const ANY_EDGE = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...EDGE_IDS.slice(0, 4)) },
  { weight: 1, arbitrary: edgeId },
  { weight: 2, arbitrary: fc.constant("$e.id") },
);
const expectedVersion = fc.oneof(
  { weight: 8, arbitrary: fc.constant(0) },
  { weight: 1, arbitrary: fc.constantFrom(1, 2, 3) },
);

function anyFields(values: Record<number, fc.Arbitrary<Value>>): fc.Arbitrary<Values> {
  return fc.record(values, { requiredKeys: [] });
}

const text = fc.constantFrom("", "x", "y").map(str);
const orNothing = (value: fc.Arbitrary<Value>) =>
  fc.oneof({ weight: 4, arbitrary: value }, { weight: 1, arbitrary: fc.constant(nothing) });
const target = ANY_NODE.map(ref);
const userFields = anyFields({
  [EMAIL]: orNothing(text),
  [NAME]: orNothing(text),
  [AGE]: orNothing(fc.constantFrom(0n, -1n, 2n ** 63n - 1n).map(int)),
  [COUNTRY]: orNothing(text),
  [PASSPORT]: orNothing(text),
});
const taskFields = anyFields({
  [TITLE]: orNothing(text),
  [STATUS]: orNothing(fc.constantFrom(1, 2, 3, 4).map(ordinal)),
  [OWNER]: orNothing(target),
  [NEXT]: orNothing(target),
  [EFFORT]: orNothing(fc.constantFrom(0, 0.5).map(float)),
});
const edgeFields = anyFields({
  [SINCE]: orNothing(fc.constantFrom(0, 1).map(int)),
  [WITNESS]: orNothing(target),
});
const anyNodeFields = fc.oneof(userFields, taskFields);
const edgeType = fc.constantFrom(KNOWS, OWNS, BOSS);
const edgeTarget: fc.Arbitrary<EdgeTarget> = fc.oneof(
  ANY_EDGE.map((id) => edge(id)),
  fc.tuple(edgeType, ANY_NODE, ANY_NODE).map((ends) => edge(...ends)),
);

const create = fc
  .tuple(fc.constantFrom(USER, USER, TASK), nodeId, nodeAlias, fc.boolean())
  .chain(([typeId, id, name, returnExisting]) =>
    (typeId === USER ? userFields : taskFields).map((values) => {
      const title = typeId === TASK ? { [TITLE]: str("t") } : {};
      return createNode(typeId, { ...title, ...values }, { id, alias: name, returnExisting });
    }),
  );
const link = fc
  .tuple(edgeType, ANY_NODE, ANY_NODE, edgeFields, edgeId, edgeAlias, fc.boolean())
  .map(([typeId, from, to, values, id, name, returnExisting]) =>
    createEdge(typeId, from, to, typeId === OWNS ? values : {}, {
      id,
      alias: name,
      returnExisting,
    }),
  );
const anyOperation: fc.Arbitrary<RequestedOperation> = fc.oneof(
  { weight: 6, arbitrary: create },
  {
    weight: 4,
    arbitrary: fc
      .tuple(ANY_NODE, anyNodeFields, expectedVersion, fc.option(anyNodeFields))
      .map(([id, values, version, preconditions]) =>
        updateNode(id, values, {
          expectedVersion: version,
          ...(preconditions && version === 0 && { preconditions }),
        }),
      ),
  },
  {
    weight: 4,
    arbitrary: fc
      .tuple(
        fc.constantFrom(deleteNode, deleteNode, restoreNode, restoreNode, purgeNode),
        ANY_NODE,
        expectedVersion,
      )
      .map(([step, id, version]) => step(id, version)),
  },
  { weight: 5, arbitrary: link },
  { weight: 2, arbitrary: fc.tuple(edgeTarget, edgeFields).map((both) => updateEdge(...both)) },
  { weight: 2, arbitrary: edgeTarget.map(deleteEdge) },
);

/** Replaces aliases that no earlier operation defines, except in one of so many transactions. */
function sensible(
  operations: readonly RequestedOperation[],
  careless: boolean,
): RequestedOperation[] {
  if (careless) return [...operations];
  const known = new Set<string>();
  return operations.map((operation, i) => {
    const text = JSON.stringify(operation, packed).replace(/\$([abe])\.id/g, (reference, name) => {
      if (known.has(name)) return reference;
      return (name === "e" ? EDGE_IDS : NODE_IDS)[i % 4] as string;
    });
    const whole: RequestedOperation = JSON.parse(text, unpacked);
    if (!("alias" in whole) || whole.alias === undefined || whole.alias === "") return whole;
    if (known.has(whole.alias)) return { ...whole, alias: "" };
    known.add(whole.alias);
    return whole;
  });
}

const packed = (_name: string, part: unknown) => {
  if (part instanceof Map) return { map: [...part] };
  return typeof part === "bigint" ? { big: String(part) } : part;
};
const unpacked = (_name: string, part: unknown) => {
  if (typeof part !== "object" || part === null || Array.isArray(part)) return part;
  if ("map" in part) return new Map(part.map as [number, Value][]);
  return "big" in part ? BigInt(part.big as string) : part;
};

type Event =
  | { readonly what: "execute"; readonly tenant: string; readonly operations: RequestedOperation[] }
  | { readonly what: "repeat"; readonly pick: number }
  | { readonly what: "crash" | "restart" | "checkpoint" }
  | { readonly what: "rebuild"; readonly tenant: string };

const anyTenant = fc.constantFrom(...TENANTS);
const anyEvent: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 40,
    arbitrary: fc.record({
      what: fc.constant("execute" as const),
      tenant: anyTenant,
      operations: fc
        .tuple(
          fc.oneof(
            anyOperation.map((operation) => [operation]),
            fc.array(anyOperation, { minLength: 2, maxLength: 4 }),
          ),
          fc.nat(19),
        )
        .map(([operations, dice]) => sensible(operations, dice === 0)),
    }),
  },
  { weight: 5, arbitrary: fc.record({ what: fc.constant("repeat" as const), pick: fc.nat() }) },
  {
    weight: 1,
    arbitrary: fc.record({ what: fc.constantFrom("crash", "restart", "checkpoint") }),
  },
  { weight: 1, arbitrary: fc.record({ what: fc.constant("rebuild" as const), tenant: anyTenant }) },
);

/** Somebody must be there for anything to happen. */
function beginning(tenant: string): Event {
  const nodes = NODE_IDS.slice(0, 6).map((id, i) => {
    const email = i < 2 ? { [EMAIL]: str(i === 0 ? "x" : "y") } : {};
    return i > 3
      ? createNode(TASK, { [TITLE]: str("t") }, { id })
      : createNode(USER, email, { id });
  });
  const edges = EDGE_IDS.slice(0, 4).map((id, i) =>
    createEdge(
      i % 2 === 0 ? OWNS : KNOWS,
      NODE_IDS[i] as string,
      NODE_IDS[(i + 1) % 4] as string,
      {},
      { id },
    ),
  );
  return { what: "execute", tenant, operations: [...nodes, ...edges] };
}

interface Past {
  readonly tenant: string;
  readonly key: string;
  readonly operations: RequestedOperation[];
  readonly answer: TransactionReceipt | EntError;
}

/** A partition and the model of each tenant, through the same history. */
class History {
  readonly #partition: TestPartition;
  readonly #models = new Map(TENANTS.map((tenant) => [tenant, new GraphModel()]));
  readonly #past: Past[] = [];

  constructor(partition: TestPartition) {
    this.#partition = partition;
  }

  async happen(event: Event): Promise<void> {
    this.#partition.fakeClock.advance(1_000);
    switch (event.what) {
      case "execute":
        return this.#execute(event.tenant, event.operations);
      case "repeat":
        return this.#repeat(event.pick);
      case "rebuild":
        return this.#rebuild(event.tenant);
      default:
        return this.#partition[event.what]();
    }
  }

  async #execute(tenantId: string, operations: RequestedOperation[]): Promise<void> {
    const key = `key-${this.#past.length}`;
    const tenant = this.#partition.tenant(tenantId);
    const now = this.#partition.fakeClock.now();
    const wanted = this.#model(tenantId).execute(operations, { now, actor: "user:alice" });
    const answer = await tenant.execute(operations, { key }).catch(refusal);
    this.#past.push({ tenant: tenantId, key, operations, answer });
    if (answer instanceof EntError)
      expect([answer.reason, typeof wanted]).toEqual([answer.reason, "string"]);
    else expect(answer.results.map(({ alias: _, ...result }) => result)).toEqual(wanted as never);
  }

  async #repeat(pick: number): Promise<void> {
    const past = this.#past[pick % Math.max(1, this.#past.length)];
    if (past === undefined) return;
    const { tenant, key, operations, answer } = past;
    const again = await this.#partition.tenant(tenant).execute(operations, { key }).catch(refusal);
    if (!(answer instanceof EntError)) expect(again).toEqual(answer);
    else expect(again).toMatchObject({ reason: answer.reason, details: answer.details });
  }

  async #rebuild(tenantId: string): Promise<void> {
    const rebuilt = await this.#partition.engine.rebuildTenant(
      tenantId,
      new AbortController().signal,
    );
    expect(rebuilt.contentHashAfter).toBe(rebuilt.contentHashBefore);
    expect(rebuilt.outcomeDigestAfter).toBe(rebuilt.outcomeDigestBefore);
  }

  /** Everything that there is, everywhere. */
  async compare(): Promise<void> {
    for (const tenantId of TENANTS) {
      const model = this.#model(tenantId);
      const tenant = this.#partition.tenant(tenantId);
      const { nodes } = await tenant.nodes(NODE_IDS, { deleted: true });
      expect(nodes).toEqual(NODE_IDS.flatMap((id) => model.nodes.get(id) ?? []));
      const store = this.#partition.partition.stores.open(tenantId);
      for (const id of EDGE_IDS) expect(store?.reads.edges.find(id)).toEqual(model.edges.get(id));
      for (const typeId of [USER, TASK]) {
        const live = [...model.nodes.values()].filter(
          (node) => node.typeId === typeId && !node.deleted,
        );
        expect(await tenant.count({ typeId })).toBe(live.length);
        for (const node of live) {
          const email = typeId === USER ? node.fields.get(EMAIL) : undefined;
          if (email === undefined) continue;
          const key = { by: "field", fieldId: EMAIL } as const;
          expect((await tenant.byKey({ typeId, key, values: [email] })).id).toBe(node.id);
        }
      }
    }
  }

  async end(): Promise<void> {
    await this.compare();
    for (const tenantId of TENANTS) await this.#rebuild(tenantId);
    await this.#partition.crash();
    await this.compare();
  }

  #model(tenantId: string): GraphModel {
    const model = this.#models.get(tenantId);
    if (model === undefined) throw new Error(`no model of ${tenantId}`);
    return model;
  }
}

function refusal(error: unknown): EntError {
  if (error instanceof EntError) return error;
  throw error;
}

test("every history is what the model says", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyEvent, { minLength: 15, maxLength: 60 }), async (events) => {
      await using partition = await TestPartition.open({ wal: "file" });
      for (const tenant of TENANTS) await partition.tenant(tenant).register(GRAPH_SCHEMA);
      const history = new History(partition);
      for (const tenant of TENANTS) await history.happen(beginning(tenant));
      for (const event of events) await history.happen(event);
      await history.end();
    }),
    { numRuns: 20 },
  );
}, 60_000);
