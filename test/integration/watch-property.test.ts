/**
 * Goal: whatever happens, each subscriber's batches one behind the other are exactly what a
 * naive list of everything says that it may see. Method: random transactions of several
 * actors; watchers that join at random positions, stand still, leave and come back where they
 * were; files made again; restarts. Who may see a node is settled at its creation, so that it
 * does not matter when a change is judged.
 */
import { expect, test } from "bun:test";
import fc from "fast-check";
import type { RequestedOperation } from "../../src/engine/engine.ts";
import { EVERYBODY } from "../../src/record/access.ts";
import { GRAPH_SCHEMA, KNOWS, NAME, TASK, TITLE, USER } from "../harness/graph-schema.ts";
import { createEdge, createNode, sharedWith, str, updateNode } from "../harness/operations.ts";
import { TestPartition, until } from "../harness/partition.ts";
import { quiet, toldOf, Watcher } from "../harness/watcher.ts";

const ACTORS = ["user:ann", "user:bob", "user:eve"];

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("write" as const),
      actor: fc.nat(2),
      types: fc.array(fc.constantFrom(USER, TASK), { minLength: 1, maxLength: 6 }),
      share: fc.constantFrom("none", "next", "all"),
      edge: fc.boolean(),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("update" as const), node: fc.nat() }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("join" as const),
      actor: fc.nat(2),
      from: fc.constantFrom("now", "beginning", "batch"),
      batch: fc.nat(),
      types: fc.constantFrom([], [USER], [TASK]),
      edges: fc.constantFrom([], [KNOWS]),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom("pause" as const, "resume" as const, "resubscribe" as const),
      watcher: fc.nat(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("settle" as const), turns: fc.nat(9) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constantFrom("rebuild" as const, "restart" as const) }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** Something that was done, with the nodes that one must be able to read to be told. */
interface Done {
  readonly offset: number;
  readonly told: string;
  readonly type: { readonly node: number } | { readonly edge: number } | "schema";
  readonly nodes: readonly string[];
}

interface Joined {
  readonly actor: string;
  readonly types: readonly number[];
  readonly edges: readonly number[];
  /** Everything up to here was not asked for. */
  readonly after: number;
  readonly watchers: Watcher[];
}

class World implements AsyncDisposable {
  readonly at: TestPartition;
  readonly done: Done[] = [];
  readonly readers = new Map<string, readonly string[]>();
  readonly typeOf = new Map<string, number>();
  readonly joined: Joined[] = [];

  constructor(at: TestPartition) {
    this.at = at;
  }

  async take(step: Step): Promise<void> {
    switch (step.do) {
      case "write":
        return await this.#write(step);
      case "update":
        return await this.#update(step.node);
      case "join":
        return await this.#join(step);
      case "settle":
        return await quiet(step.turns);
      case "rebuild":
        await this.at.engine.rebuildTenant("acme", new AbortController().signal);
        return;
      case "restart":
        return await this.#restart();
      default:
        return await this.#disturb(step.do, step.watcher);
    }
  }

  async #write(step: Extract<Step, { do: "write" }>): Promise<void> {
    const actor = ACTORS[step.actor] as string;
    const next = ACTORS[(step.actor + 1) % ACTORS.length] as string;
    const shared = { none: [], next: [next], all: [EVERYBODY] }[step.share] as string[];
    const operations: RequestedOperation[] = step.types.map((type, i) =>
      createNode(
        type,
        { [type === USER ? NAME : TITLE]: str("x") },
        { alias: `n${i}`, ...sharedWith("read", ...shared) },
      ),
    );
    const users = step.types.flatMap((type, i) => (type === USER ? [`$n${i}.id`] : []));
    const [from, to] = users;
    if (step.edge && from !== undefined && to !== undefined) {
      operations.push(createEdge(KNOWS, from, to));
    }
    const receipt = await this.at.tenant("acme", actor).execute(operations);
    const offset = offsetOf(receipt.walPosition);
    const ids: string[] = [];
    for (const [i, { nodeId, edgeId }] of receipt.results.entries()) {
      const type = step.types[i];
      if (type === undefined) {
        const [a = "", b = ""] = ids.filter((id) => this.typeOf.get(id) === USER);
        this.done.push({
          offset,
          told: `edge_created ${edgeId}`,
          type: { edge: KNOWS },
          nodes: [a, b],
        });
        continue;
      }
      ids.push(nodeId);
      this.typeOf.set(nodeId, type);
      this.readers.set(nodeId, [actor, ...shared]);
      const told = `node_created ${nodeId}`;
      this.done.push({ offset, told, type: { node: type }, nodes: [nodeId] });
    }
  }

  async #update(which: number): Promise<void> {
    const nodes = [...this.typeOf];
    const found = nodes[which % Math.max(1, nodes.length)];
    if (found === undefined) return;
    const [id, type] = found;
    const [owner = ""] = this.readers.get(id) ?? [];
    const receipt = await this.at.tenant("acme", owner).execute([updateNode(id)]);
    const offset = offsetOf(receipt.walPosition);
    this.done.push({ offset, told: `node_updated ${id}`, type: { node: type }, nodes: [id] });
  }

  async #join(step: Extract<Step, { do: "join" }>): Promise<void> {
    const actor = ACTORS[step.actor] as string;
    const { types, edges } = step;
    const batches = this.joined.flatMap(({ watchers }) => watchers).flatMap((w) => w.batches);
    const from =
      step.from === "batch" ? batches[step.batch % Math.max(1, batches.length)] : undefined;
    const request = {
      after: from?.positionToken,
      fromBeginning: step.from === "beginning",
      typeIds: types,
      edgeTypeIds: edges,
    };
    const watcher = await new Watcher(this.at.engine, this.#caller(actor), request).begun();
    const first = watcher.batches[0]?.walPosition ?? "";
    this.joined.push({ actor, types, edges, after: offsetOf(first), watchers: [watcher] });
  }

  async #disturb(what: "pause" | "resume" | "resubscribe", which: number): Promise<void> {
    const joined = this.joined[which % Math.max(1, this.joined.length)];
    const watcher = joined?.watchers.at(-1);
    if (joined === undefined || watcher === undefined) return;
    if (what === "pause") return watcher.pause();
    if (what === "resume") return watcher.resume();
    await watcher.stop();
    await this.#resume(joined);
  }

  async #restart(): Promise<void> {
    for (const { watchers } of this.joined) await watchers.at(-1)?.stop();
    await this.at.restart();
    for (const joined of this.joined) await this.#resume(joined);
  }

  /** Comes back from what was seen last. */
  async #resume({ actor, types, edges, watchers }: Joined): Promise<void> {
    const after = watchers.at(-1)?.position;
    const request = { after, typeIds: types, edgeTypeIds: edges };
    watchers.push(await new Watcher(this.at.engine, this.#caller(actor), request).begun());
  }

  #caller(actor: string) {
    return this.at.tenant("acme", actor).caller;
  }

  expectedOf({ actor, types, edges, after }: Joined): string[] {
    const all = types.length + edges.length === 0;
    const isAsked = ({ type }: Done) => {
      if (all || type === "schema") return true;
      return "node" in type ? types.includes(type.node) : edges.includes(type.edge);
    };
    const maySee = ({ nodes }: Done) =>
      nodes.every((id) => {
        const readers = this.readers.get(id) ?? [];
        return readers.includes(actor) || readers.includes(EVERYBODY);
      });
    const due = this.done.filter((each) => each.offset > after && isAsked(each) && maySee(each));
    return due.map(({ told }) => told);
  }

  async check(): Promise<void> {
    for (const joined of this.joined) {
      const last = joined.watchers.at(-1);
      last?.resume();
      const expected = this.expectedOf(joined);
      const told = () => joined.watchers.flatMap(({ changes }) => changes.map(toldOf));
      await until(() => told().length >= expected.length || last?.isOver === true);
      await quiet(2);
      expect(told()).toEqual(expected);
      for (const { error } of joined.watchers) expect(error).toBeUndefined();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { watchers } of this.joined) await watchers.at(-1)?.stop();
    expect(this.at.engine.changes.count).toBe(0);
    await this.at[Symbol.asyncDispose]();
  }
}

function offsetOf(walPosition: string): number {
  return Number(walPosition.split(":")[1]);
}

test("each subscriber is told what the naive list says", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 60 }), async (steps) => {
      await using world = new World(await TestPartition.open({ wal: "file", openTenants: 1 }));
      const registered = await world.at.tenant("acme").register(GRAPH_SCHEMA);
      const offset = offsetOf(registered.walPosition);
      world.done.push({ offset, told: "schema_changed", type: "schema", nodes: [] });
      for (const each of steps) await world.take(each);
      await world.check();
    }),
    { numRuns: 25 },
  );
}, 120_000);
