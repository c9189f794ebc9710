/** Snapshots that cannot be made or kept: what is recorded stays saved, and the program is told. They need no server. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  Aggregate,
  MemoryEventStore,
  MemorySnapshotStore,
  Repository,
  type Snapshot,
  type SnapshotOptions,
} from "@entdb/client";

/** What decorators would make of it: Node strips types, and knows no decorators. */
class Counter extends Aggregate<{ raised: number }> {
  count = 0;

  constructor(id: string) {
    super(id);
    this["~handles"]("raised", (by: number) => {
      this.count += by;
    });
  }

  raise(by: number): void {
    this["~command"](() => this.emit("raised", by));
  }
}

/** Keeps nothing. */
class FullStore extends MemorySnapshotStore {
  override async save(_snapshot: Snapshot): Promise<void> {
    throw new Error("full");
  }
}

const options: SnapshotOptions<Counter> = {
  store: new MemorySnapshotStore(),
  version: 1,
  every: 2,
  take: ({ count }) => count,
  restore: (counter, count: number) => {
    counter.count = count;
  },
};

function counters(change: Partial<SnapshotOptions<Counter>>): Repository<Counter> {
  return new Repository({
    store: new MemoryEventStore(),
    aggregateType: "Counter",
    create: (id) => new Counter(id),
    snapshots: { ...options, ...change },
  });
}

async function saved(repository: Repository<Counter>): Promise<Counter> {
  const counter = await repository.find("c");
  counter.raise(1);
  counter.raise(2);
  const appended = await repository.save(counter);
  assert.equal(appended?.lastAggregateNonce, 2);
  assert.equal(await repository.save(counter), undefined);
  await repository.execute("c", (again) => again.raise(4));
  return await repository.load("c");
}

const failures: readonly (readonly [string, Partial<SnapshotOptions<Counter>>, string])[] = [
  ["the store refuses", { store: new FullStore() }, "full"],
  [
    "cannot be made",
    {
      take: () => {
        throw new Error("no state");
      },
    },
    "no state",
  ],
];

for (const [what, change, why] of failures) {
  describe(`a snapshot that ${what}`, () => {
    test("is told with its aggregate's id, and the save has succeeded", async () => {
      const told: [string, string][] = [];
      const onSnapshotError = (error: unknown, id: string) => {
        told.push([(error as Error).message, id]);
      };
      const counter = await saved(counters({ ...change, onSnapshotError }));
      assert.deepEqual([counter.count, counter.nonce], [7, 3]);
      assert.deepEqual(told, [[why, "c"]]);
    });

    test("fails nothing where nobody is told, or whoever is told throws", async () => {
      const onSnapshotError = () => {
        throw new Error("nobody listens");
      };
      for (const hook of [{}, { onSnapshotError }]) {
        assert.equal((await saved(counters({ ...change, ...hook }))).count, 7);
      }
    });
  });
}

test("a snapshot that is kept is told to nobody", async () => {
  const onSnapshotError = () => assert.fail("nothing failed");
  const store = new MemorySnapshotStore();
  await saved(counters({ store, onSnapshotError }));
  assert.equal((await store.load("Counter", "c"))?.aggregateNonce, 2);
});
