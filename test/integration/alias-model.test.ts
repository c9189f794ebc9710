/**
 * Aliases in random transactions against a naive resolver, which knows of an operation only
 * the texts in it. What it cannot resolve must be refused, naming the operation, with nothing
 * written. What it can must come to the same as the transaction with every reference spelled
 * out, sent to another tenant that holds the same. fast-check prints the seed of a failure.
 */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { EntError } from "../../src/base/errors.ts";
import type { RequestedOperation, TransactionReceipt } from "../../src/engine/engine.ts";
import type { Value } from "../../src/schema/value.ts";
import {
  EMAIL,
  GRAPH_SCHEMA,
  KNOWS,
  NAME,
  NEXT,
  OWNER,
  OWNS,
  SINCE,
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
  grant,
  int,
  ownId,
  purgeNode,
  ref,
  restoreNode,
  revoke,
  setVisibility,
  str,
  updateEdge,
  updateNode,
} from "../harness/operations.ts";
import { TestPartition } from "../harness/partition.ts";
import type { TenantClient } from "../harness/tenant-client.ts";
import { viewRows } from "../harness/view-rows.ts";

const USERS = [ownId("nd", 1), ownId("nd", 2)];
const THERE = [...USERS, ownId("nd", 3)];
const EDGE = ownId("ed", 1);

/** What every tenant begins with: two users, a task, an edge. */
const BEGINNING = [
  createNode(USER, { [EMAIL]: str("x") }, { id: USERS[0] as string }),
  createNode(USER, {}, { id: USERS[1] as string }),
  createNode(TASK, { [TITLE]: str("t") }, { id: THERE[2] as string }),
  createEdge(KNOWS, USERS[0] as string, USERS[1] as string, {}, { id: EDGE }),
];

const NAMES = ["a", "b", "A", "_a", "e"];
const alias = fc.constantFrom("", ...NAMES);
const reference = fc.constantFrom(...NAMES).map((name) => `$${name}.id`);
/** What looks like a reference and is none. */
const broken = fc.constantFrom("$", "$a", "$a.ID", "$a.id ", "$.id", "$$a.id", "$constructor.id");
const nodeText = fc.oneof(
  { weight: 8, arbitrary: reference },
  { weight: 4, arbitrary: fc.constantFrom(...THERE) },
  { weight: 1, arbitrary: broken },
);
const edgeText = fc.oneof(
  { weight: 4, arbitrary: reference },
  { weight: 2, arbitrary: fc.constant(EDGE) },
  { weight: 1, arbitrary: broken },
);
const target = fc.oneof(
  edgeText.map((id) => edge(id)),
  fc.tuple(nodeText, nodeText).map(([from, to]) => edge(KNOWS, from, to)),
);
const proposes = fc.boolean();

/** An operation, when its place in the transaction is known. */
type Made = (i: number) => RequestedOperation;

const ownNode = (i: number, proposed: boolean) => (proposed ? ownId("nd", i) : "");
const ownEdge = (i: number, proposed: boolean) => (proposed ? ownId("ed", i) : "");

const creates: fc.Arbitrary<Made> = fc.oneof(
  fc.tuple(alias, proposes, fc.constantFrom("x", "y", "")).map(([name, proposed, email]) => {
    const values = email === "" ? {} : { [EMAIL]: str(email) };
    return (i: number) =>
      createNode(USER, values, { id: ownNode(i, proposed), alias: name, returnExisting: true });
  }),
  fc
    .tuple(alias, proposes, nodeText, nodeText)
    .map(([name, proposed, owner, next]) => (i: number) => {
      const values = { [TITLE]: str("t"), [OWNER]: ref(owner), [NEXT]: ref(next) };
      return createNode(TASK, values, { id: ownNode(i, proposed), alias: name });
    }),
  fc
    .tuple(alias, proposes, nodeText, nodeText, nodeText)
    .map(([name, proposed, from, to, witness]) => (i: number) => {
      const options = { id: ownEdge(i, proposed), alias: name, returnExisting: true };
      return createEdge(OWNS, from, to, { [WITNESS]: ref(witness) }, options);
    }),
);

const changes: fc.Arbitrary<Made> = fc.oneof(
  nodeText.map((id) => () => updateNode(id, { [NAME]: str("$a.id") })),
  fc.tuple(nodeText, nodeText).map(
    ([id, next]) =>
      () =>
        updateNode(id, { [NEXT]: ref(next) }, { preconditions: {} }),
  ),
  fc.tuple(fc.constantFrom(deleteNode, restoreNode, purgeNode), nodeText).map(
    ([step, id]) =>
      () =>
        step(id),
  ),
  target.map((each) => () => updateEdge(each, { [SINCE]: int(7) })),
  target.map((each) => () => deleteEdge(each)),
  nodeText.map((id) => () => grant(id, "user:bob")),
  nodeText.map((id) => () => revoke(id, "user:bob")),
  nodeText.map((id) => () => setVisibility(id, "user:carol")),
);

const history = fc.array(
  fc.record({
    made: fc.array(fc.oneof({ weight: 3, arbitrary: creates }, { weight: 2, arbitrary: changes }), {
      minLength: 1,
      maxLength: 6,
    }),
    isCareful: fc.nat(4).map((dice) => dice > 0),
  }),
  { minLength: 5, maxLength: 15 },
);

/** Puts something that is there in the place of what is not: else hardly a transaction would be taken. */
function carefully(operations: readonly RequestedOperation[]): RequestedOperation[] {
  const kinds = new Map<string, Kind>();
  return operations.map((operation) => {
    const wrong = new Map(
      referencesOf(operation).flatMap(({ text, kind }): [string, string][] => {
        if (kinds.get(nameIn(text)) === kind) return [];
        return [[`${kind} ${text}`, kind === "edge" ? EDGE : (THERE[text.length % 3] as string)]];
      }),
    );
    const careful = replaced(operation, (text, kind) => wrong.get(`${kind} ${text}`) ?? text);
    const { alias: name = "" } = careful;
    if (name !== "" && kinds.has(name)) return { ...careful, alias: "" };
    if (name !== "") kinds.set(name, operation.op === "create_edge" ? "edge" : "node");
    return careful;
  });
}

/** The name in a reference; empty for what is none. */
function nameIn(text: string): string {
  return text.startsWith("$") && text.endsWith(".id") ? text.slice(1, -3) : "";
}

type Kind = "node" | "edge";

/** The operation with each text that may be a reference as `by` has it; values that are texts are left alone. */
function replaced(
  operation: RequestedOperation,
  by: (text: string, kind: Kind) => string,
): RequestedOperation {
  const look = (part: unknown, place: string): unknown => {
    if (typeof part === "string") {
      if (!part.startsWith("$")) return part;
      return by(part, place === "target.id" ? "edge" : "node");
    }
    if (part instanceof Map) {
      const values = [...(part as ReadonlyMap<number, Value>)];
      return new Map(
        values.map(([id, value]) => [id, value.kind === "ref" ? look(value, "") : value]),
      );
    }
    if (typeof part !== "object" || part === null || Array.isArray(part)) return part;
    const inner = (name: string) => (place === "target" ? `target.${name}` : name);
    const members = Object.entries(part).map(([name, value]) => [name, look(value, inner(name))]);
    return Object.fromEntries(members);
  };
  return look(operation, "") as RequestedOperation;
}

/** Every text of an operation that stands for something else, and what for. */
function referencesOf(operation: RequestedOperation): { text: string; kind: Kind }[] {
  const found: { text: string; kind: Kind }[] = [];
  replaced(operation, (text, kind) => {
    found.push({ text, kind });
    return text;
  });
  return found;
}

interface Problem {
  readonly at: number;
  readonly reasons: readonly string[];
}

/** The first operation that cannot be understood, and all that is wrong with it. */
function problemIn(operations: readonly RequestedOperation[]): Problem | undefined {
  const kinds = new Map<string, Kind>();
  for (const [at, operation] of operations.entries()) {
    const reasons = referencesOf(operation).flatMap(({ text, kind }) => {
      const known = kinds.get(nameIn(text));
      if (known === undefined) return ["ALIAS_UNKNOWN"];
      return known === kind ? [] : ["INVALID_ID"];
    });
    const name = operation.alias ?? "";
    if (name !== "" && kinds.has(name)) reasons.push("ALIAS_DUPLICATE");
    if (reasons.length > 0) return { at, reasons };
    if (name !== "") kinds.set(name, operation.op === "create_edge" ? "edge" : "node");
  }
  return undefined;
}

/** The same without aliases: each create proposes the id that it came to, each reference is that id. */
function spelledOut(
  operations: readonly RequestedOperation[],
  first: number,
  receipt: TransactionReceipt | undefined,
): RequestedOperation[] {
  const ids = new Map<string, string>();
  return operations.map((operation, i) => {
    const plain = replaced(operation, (text) => ids.get(text) ?? text);
    if (operation.op !== "create_node" && operation.op !== "create_edge") return plain;
    const isNode = operation.op === "create_node";
    const own = isNode ? ownNode(first + i, true) : ownEdge(first + i, true);
    const result = receipt?.results[i];
    const cameTo = (isNode ? result?.nodeId : result?.edgeId) || own;
    if (operation.alias) ids.set(`$${operation.alias}.id`, cameTo);
    // Where the create was answered with what was there, what it proposed is of no account.
    return { ...plain, id: result?.created ? cameTo : own, alias: "" } as RequestedOperation;
  });
}

const contentOf = (partition: TestPartition, tenantId: string) =>
  ["nodes", "edges", "grants", "readers", "unique_values"].map((table) =>
    viewRows(partition, tenantId, `SELECT * FROM ${table}`).map(String).toSorted(),
  );

async function outcomeOf(
  tenant: TenantClient,
  operations: readonly RequestedOperation[],
): Promise<TransactionReceipt | EntError> {
  return await tenant.execute(operations).catch((error: unknown) => {
    if (error instanceof EntError) return error;
    throw error;
  });
}

const seen = { refused: 0, rejected: 0, applied: 0 };

/** Two tenants that hold the same: one is sent aliases, the other what they stand for. */
interface Pair {
  readonly partition: TestPartition;
  readonly aliased: TenantClient;
  readonly plain: TenantClient;
}

async function freshPair(partition: TestPartition, run: number): Promise<Pair> {
  const [aliased, plain] = [partition.tenant(`aliased-${run}`), partition.tenant(`plain-${run}`)];
  for (const tenant of [aliased, plain]) {
    await tenant.register(GRAPH_SCHEMA);
    await tenant.execute(BEGINNING);
  }
  return { partition, aliased, plain };
}

async function compare(
  { partition, aliased, plain }: Pair,
  first: number,
  operations: readonly RequestedOperation[],
): Promise<void> {
  const { end } = partition.partition.wal;
  const outcome = await outcomeOf(aliased, operations);
  const problem = problemIn(operations);
  if (problem !== undefined) {
    seen.refused += 1;
    expect(outcome).toBeInstanceOf(EntError);
    const { reason, details } = outcome as EntError;
    expect(problem.reasons).toContain(reason);
    expect(details["field"]).toStartWith(`operations[${problem.at}].`);
    expect(partition.partition.wal.end).toBe(end);
    return;
  }
  if (outcome instanceof EntError) {
    seen.rejected += 1;
    expect(outcome.reason).not.toStartWith("ALIAS");
    const again = await outcomeOf(plain, spelledOut(operations, first, undefined));
    expect(again).toMatchObject({ reason: outcome.reason });
  } else {
    seen.applied += 1;
    const same = await outcomeOf(plain, spelledOut(operations, first, outcome));
    expect(resultsOf(same)).toEqual(resultsOf(outcome));
    const aliases = operations.map((operation) => operation.alias ?? "");
    expect(outcome.results.map((result) => result.alias)).toEqual(aliases);
  }
  const [one, other] = [aliased, plain].map(({ caller }) => contentOf(partition, caller.tenantId));
  expect(one).toEqual(other as string[][]);
}

function resultsOf(outcome: TransactionReceipt | EntError): object[] {
  if (outcome instanceof EntError) throw outcome;
  return outcome.results.map(({ alias: _, ...result }) => result);
}

test("aliases mean what they stand for, and what stands for nothing is refused", async () => {
  await using partition = await TestPartition.open();
  let run = 0;
  await fc.assert(
    fc.asyncProperty(history, async (transactions) => {
      run += 1;
      const pair = await freshPair(partition, run);
      for (const [step, { made, isCareful }] of transactions.entries()) {
        const first = 100 * (step + 1);
        const operations = made.map((make, i) => make(first + i));
        await compare(pair, first, isCareful ? carefully(operations) : operations);
      }
    }),
    { numRuns: 40 },
  );
  // Each of the three was met often enough to mean something.
  for (const times of Object.values(seen)) expect(times).toBeGreaterThan(20);
}, 120_000);
