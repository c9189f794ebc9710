/**
 * Once is once, over random histories: requests of two actors under few keys, one after the
 * other and at once, repeated, mistaken, given up by their clients after the log has them, with
 * crashes, restarts, checkpoints and rebuilds in between. The model knows of a key only who
 * used it first and for what: that is answered for ever with what it first came to, anything
 * else is refused, and each key has had its effect once. fast-check prints the seed of a failure.
 */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { EntError } from "../../src/base/errors.ts";
import type { RequestedOperation, TransactionReceipt, WaitMode } from "../../src/engine/engine.ts";
import { EMAIL, GRAPH_SCHEMA, TASK, TITLE, USER } from "../harness/graph-schema.ts";
import {
  createNode,
  deleteNode,
  ownId,
  sharedWith,
  str,
  updateNode,
} from "../harness/operations.ts";
import { TestPartition, until } from "../harness/partition.ts";

const TENANT = "acme";
const ACTORS = ["user:alice", "user:bob"] as const;
const KEYS = ["k0", "k1", "k2", "k3", "k4", "k5"] as const;
const COUNTER = ownId("nd", 1);
const VERSIONED = ownId("nd", 2);
const ANYBODY = sharedWith("write", "tenant:*");

/** What is asked for, and how it may end. */
const REQUESTS = {
  count: [updateNode(COUNTER)],
  create: [createNode(USER), createNode(USER)],
  unique: [createNode(USER, { [EMAIL]: str("x") })],
  version: [updateNode(VERSIONED, {}, { expectedVersion: 1 })],
  missing: [createNode(USER), deleteNode(ownId("nd", 3))],
} as const satisfies Record<string, readonly RequestedOperation[]>;

interface Sent {
  readonly key: (typeof KEYS)[number];
  readonly actor: (typeof ACTORS)[number];
  readonly request: keyof typeof REQUESTS;
  readonly wait: WaitMode;
}

type Step =
  | { readonly send: readonly Sent[] }
  | { readonly giveUp: Sent }
  | { readonly happens: "crash" | "restart" | "checkpoint" | "rebuild" };

const sent: fc.Arbitrary<Sent> = fc.record({
  key: fc.constantFrom(...KEYS),
  actor: fc.constantFrom(ACTORS[0], ACTORS[0], ACTORS[1]),
  request: fc.constantFrom(...(Object.keys(REQUESTS) as (keyof typeof REQUESTS)[])),
  wait: fc.constantFrom<WaitMode[]>("applied", "applied", "durable"),
});
/** One request so many times, or several that may be at odds. */
const together = fc.oneof(
  fc.tuple(sent, fc.integer({ min: 1, max: 4 })).map(([one, times]) => Array(times).fill(one)),
  fc
    .tuple(sent, fc.array(sent, { minLength: 1, maxLength: 3 }))
    .map(([one, others]) => [one, ...others.map((other) => ({ ...other, key: one.key })), one]),
);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ send: together }) },
  { weight: 2, arbitrary: fc.record({ giveUp: sent }) },
  {
    weight: 3,
    arbitrary: fc.record({
      happens: fc.constantFrom("crash", "restart", "checkpoint", "rebuild"),
    }),
  },
);

type Answer = TransactionReceipt | EntError;

/** Of a key: who used it first for what, and what everybody who waits for the outcome has been told. */
interface Use {
  readonly first: Sent;
  outcome: Answer | undefined;
  /** Of an answer that came as soon as the log had it. */
  written: string | undefined;
}

class History {
  readonly #partition: TestPartition;
  readonly #uses = new Map<string, Use>();

  constructor(partition: TestPartition) {
    this.#partition = partition;
  }

  async happen(step: Step): Promise<void> {
    if ("send" in step) return await this.#send(step.send);
    if ("giveUp" in step) return await this.#giveUp(step.giveUp);
    if (step.happens === "rebuild") return await this.#rebuild();
    await this.#partition[step.happens]();
  }

  /** Everything once more, and what all of it came to. */
  async end(): Promise<void> {
    await this.#repeatAll();
    await this.#partition.crash();
    await this.#rebuild();
    await this.#repeatAll();
    const requests = [...this.#uses.values()].map(({ first }) => first.request);
    const times = (request: keyof typeof REQUESTS) =>
      requests.filter((each) => each === request).length;
    const tenant = this.#partition.tenant(TENANT, ACTORS[0], ["admin"]);
    expect((await tenant.node(COUNTER)).version).toBe(1 + times("count"));
    expect((await tenant.node(VERSIONED)).version).toBe(1 + Math.min(1, times("version")));
    const made = 2 * times("create") + Math.min(1, times("unique"));
    const rows = this.#partition.partition.stores.open(TENANT)?.readConnection;
    const count = rows?.query("SELECT COUNT(*) FROM nodes WHERE type_id = ?").values(USER);
    expect(count).toEqual([[BigInt(made)]]);
  }

  async #send(all: readonly Sent[]): Promise<void> {
    for (const one of all) this.#use(one);
    const answers = await Promise.all(all.map((one) => this.#execute(one)));
    for (const [i, one] of all.entries()) this.#expect(one, answers[i] as Answer);
  }

  /** The client goes when its record is in the log, before it is told so. */
  async #giveUp(one: Sent): Promise<void> {
    if (this.#uses.has(one.key)) return await this.#send([one]);
    this.#use(one);
    const { answers } = this.#partition.held;
    const deadline = new AbortController();
    answers.close();
    const asking = this.#execute(one, deadline.signal);
    await until(() => answers.waiting === 1);
    const code = "deadline_exceeded";
    deadline.abort(new EntError({ code, reason: "DEADLINE_EXCEEDED", message: "Too late." }));
    expect(await asking).toMatchObject({ reason: "DEADLINE_EXCEEDED" });
    answers.open();
  }

  async #rebuild(): Promise<void> {
    const never = new AbortController().signal;
    await this.#partition.tenant(TENANT).schema({ strong: true });
    const report = await this.#partition.engine.rebuildTenant(TENANT, never);
    expect(report.contentHashAfter).toBe(report.contentHashBefore);
    expect(report.outcomeDigestAfter).toBe(report.outcomeDigestBefore);
  }

  async #repeatAll(): Promise<void> {
    for (const { first } of this.#uses.values()) await this.#send([{ ...first, wait: "applied" }]);
  }

  #use(one: Sent): void {
    if (this.#uses.has(one.key)) return;
    this.#uses.set(one.key, { first: one, outcome: undefined, written: undefined });
  }

  async #execute({ key, actor, request, wait }: Sent, signal?: AbortSignal): Promise<Answer> {
    const tenant = this.#partition.tenant(TENANT, actor);
    const options = { key, wait, ...(signal !== undefined && { signal }) };
    return await tenant.execute(REQUESTS[request], options).catch((error: unknown) => {
      if (error instanceof EntError) return error;
      throw error;
    });
  }

  #expect(one: Sent, answer: Answer): void {
    const use = this.#uses.get(one.key) as Use;
    const { first } = use;
    if (first.actor !== one.actor || first.request !== one.request) {
      expect([one, Reflect.get(answer, "reason")]).toEqual([one, "IDEMPOTENCY_KEY_REUSED"]);
      return;
    }
    const isOutcome = answer instanceof EntError || answer.applied;
    if (isOutcome) {
      use.outcome ??= answer;
      expect(told(answer)).toEqual(told(use.outcome));
      if (one.request === "missing") expect(answer).toMatchObject({ reason: "NODE_NOT_FOUND" });
    }
    if (answer instanceof EntError) return;
    use.written ??= writtenBy(answer);
    expect(writtenBy(answer)).toBe(use.written);
  }
}

/** What an outcome says to the one who asked. */
function told(answer: Answer): unknown {
  if (!(answer instanceof EntError)) return answer;
  const { code, reason, message, hint, details, retryable } = answer;
  return { code, reason, message, hint, details, retryable };
}

/** What is known as soon as the log has a record: its place and the ids that it makes. */
function writtenBy({ walPosition, results }: TransactionReceipt): string {
  return [walPosition, ...results.map(({ nodeId }) => nodeId)].join();
}

test("a key is used once, whatever happens", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
      await using partition = await TestPartition.open({ wal: "file" });
      const tenant = partition.tenant(TENANT);
      await tenant.register(GRAPH_SCHEMA);
      await tenant.execute([
        ...[COUNTER, VERSIONED].map((id) =>
          createNode(TASK, { [TITLE]: str("t") }, { id, ...ANYBODY }),
        ),
      ]);
      const history = new History(partition);
      for (const step of steps) await history.happen(step);
      await history.end();
    }),
    { numRuns: 12 },
  );
}, 120_000);
