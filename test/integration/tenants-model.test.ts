/**
 * Random lives of two tenants against a plain model: created, written to, suspended, resumed,
 * deleted and created again, with crashes, restarts and checkpoints in between, some while a
 * record of a tenant's end is in the log and not applied. Every answer must be the model's; in
 * the end every living tenant holds exactly what was written in its present life, and nothing
 * of a life that is over lies in the data directory. fast-check prints the seed of a failure.
 */
import { expect, test } from "bun:test";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { TRUSTED } from "../../src/access/identity.ts";
import { EntError } from "../../src/base/errors.ts";
import { EMAIL, GRAPH_SCHEMA, USER } from "../harness/graph-schema.ts";
import { createNode, str } from "../harness/operations.ts";
import { TestPartition, until } from "../harness/partition.ts";

type Step =
  | {
      readonly do: "create" | "suspend" | "resume" | "delete" | "delete_and_crash";
      readonly id: string;
    }
  | { readonly do: "write"; readonly id: string; readonly count: number }
  | { readonly do: "crash" | "restart" | "checkpoint" };

const never = new AbortController().signal;
const id = fc.constantFrom("one", "two");
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant("create" as const), id }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("write" as const),
      id,
      count: fc.integer({ min: 1, max: 3 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom("suspend" as const, "resume" as const, "delete" as const),
      id,
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("delete_and_crash" as const), id }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom("crash" as const, "restart" as const, "checkpoint" as const),
    }),
  },
);

/** What a tenant is in its present life. */
interface Life {
  suspended: boolean;
  readonly texts: Set<string>;
}

class Lives {
  readonly living = new Map<string, Life>();
  /** What was written in lives that are over. */
  readonly gone: string[] = [];
  #written = 0;

  text(): string {
    this.#written += 1;
    return `canary-${this.#written}-${"x".repeat(20)}`;
  }

  end(tenantId: string): void {
    this.gone.push(...(this.living.get(tenantId)?.texts ?? []));
    this.living.delete(tenantId);
  }
}

async function outcome(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return "done";
  } catch (error) {
    if (error instanceof EntError) return error.reason;
    throw error;
  }
}

async function take(partition: TestPartition, lives: Lives, taken: Step): Promise<void> {
  const { administration } = partition.engine;
  switch (taken.do) {
    case "crash":
      return await partition.crash();
    case "restart":
      return await partition.restart();
    case "checkpoint":
      return await partition.checkpoint();
    case "create": {
      const work = administration.createTenant(TRUSTED, { tenantId: taken.id, admins: [] }, never);
      const expected = lives.living.has(taken.id) ? "TENANT_ALREADY_EXISTS" : "done";
      expect(await outcome(work)).toBe(expected);
      if (expected !== "done") return;
      lives.living.set(taken.id, { suspended: false, texts: new Set() });
      await partition.tenant(taken.id).register(GRAPH_SCHEMA);
      return;
    }
    case "write":
      return await write(partition, lives, taken.id, taken.count);
    case "delete_and_crash":
      return await deleteAndCrash(partition, lives, taken.id);
    case "delete": {
      const expected = lives.living.has(taken.id) ? "done" : "TENANT_NOT_FOUND";
      expect(await outcome(administration.deleteTenant(TRUSTED, taken.id, never))).toBe(expected);
      return lives.end(taken.id);
    }
    case "suspend":
    case "resume": {
      const life = lives.living.get(taken.id);
      const work =
        taken.do === "suspend"
          ? administration.suspendTenant(TRUSTED, taken.id, never)
          : administration.resumeTenant(TRUSTED, taken.id, never);
      expect(await outcome(work)).toBe(life === undefined ? "TENANT_NOT_FOUND" : "done");
      if (life !== undefined) life.suspended = taken.do === "suspend";
    }
  }
}

async function write(partition: TestPartition, lives: Lives, tenantId: string, count: number) {
  const life = lives.living.get(tenantId);
  for (let i = 0; i < count; i++) {
    const text = lives.text();
    // The same key in every life: a receipt of another one must not be found.
    const key = `key-${life?.texts.size ?? 0}`;
    const operation = createNode(USER, { [EMAIL]: str(text) });
    const work = partition.tenant(tenantId).execute([operation], { key });
    const refusal = life === undefined ? "TENANT_NOT_FOUND" : "TENANT_SUSPENDED";
    const expected = life !== undefined && !life.suspended ? "done" : refusal;
    expect(await outcome(work)).toBe(expected);
    if (expected === "done") life?.texts.add(text);
  }
}

/** The end of the tenant is durable, and the server dies before anybody applied it. */
async function deleteAndCrash(partition: TestPartition, lives: Lives, tenantId: string) {
  if (!lives.living.has(tenantId)) return;
  const { held } = partition;
  const { end } = partition.partition.wal;
  held.batches.close();
  const work = partition.engine.administration.deleteTenant(TRUSTED, tenantId, never);
  const deleting = outcome(work);
  await until(() => partition.partition.wal.end > end);
  const crashing = partition.crash();
  held.batches.open();
  await crashing;
  await deleting;
  lives.end(tenantId);
}

/** Everything below `tenants/`, as one text. */
function bytesOf(directory: string): string {
  return readdirSync(directory)
    .map((name) => join(directory, name))
    .map((path) => (statSync(path).isDirectory() ? bytesOf(path) : readFileSync(path, "latin1")))
    .join("\n");
}

async function check(partition: TestPartition, lives: Lives): Promise<void> {
  const { items } = partition.engine.administration.listTenants(TRUSTED, {
    pageSize: 0,
    cursor: undefined,
  });
  const states = items.map(({ tenantId, state }) => [tenantId, state === "suspended"]);
  const expected = [...lives.living].map(([tenantId, life]) => [tenantId, life.suspended]);
  expect(states).toEqual(expected.sort());
  for (const [tenantId, { texts }] of lives.living) {
    const nodes = await partition
      .tenant(tenantId, "user:alice", ["admin"])
      .queryAll({ typeId: USER });
    const found = nodes.map((node) => node.fields.get(EMAIL));
    expect(new Set(found.map((value) => value?.kind === "str" && value.value))).toEqual(texts);
  }
  const tenants = join(partition.dataDir, "tenants");
  expect(readdirSync(tenants)).toHaveLength(lives.living.size + 1);
  const bytes = bytesOf(tenants);
  expect(lives.gone.filter((text) => bytes.includes(text))).toEqual([]);
  expect(partition.engine.logState().tenantsBehind).toEqual([]);
}

test("random lives of tenants come to what a plain model says", async () => {
  const history = fc.array(step, { minLength: 4, maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(history, async (steps) => {
      const options = { wal: "file", autoCreateTenants: false } as const;
      await using partition = await TestPartition.open(options);
      const lives = new Lives();
      for (const taken of steps) await take(partition, lives, taken);
      await check(partition, lives);
      await partition.crash();
      await check(partition, lives);
    }),
    { numRuns: 25 },
  );
}, 60_000);
