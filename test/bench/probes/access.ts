import type { Engine, QueryRequest } from "../../../src/engine/engine.ts";
import type { Caller } from "../../../src/record/caller.ts";
import { temporaryDirectory } from "../../harness/temporary-directory.ts";
import { loadEngine, openBenchPartition } from "../databases/entdb-engine.ts";
import { FIELD, PERSON, runs } from "../databases/entdb-schema.ts";
import { requireSame } from "../graph-database.ts";
import { spreadOf } from "../measure.ts";
import type { BenchOptions } from "../options.ts";
import { personId } from "../people.ts";
import type { Probe } from "../report.ts";

/**
 * What it costs that everybody sees only what they may. Somebody who may read fifty nodes of
 * very many asks for them; and the owner of all asks in turn with somebody who is asked for
 * no grant at all.
 */
const TENANT = { tenantId: "bench", credential: "" };
const OWNER: Caller = { ...TENANT, actor: "user:bench", roles: [] };
const ADMIN: Caller = { ...TENANT, actor: "user:root", roles: ["admin"] };
const GUEST: Caller = { ...TENANT, actor: "user:guest", roles: [] };
const NEVER = new AbortController().signal;
const NOW = { atLeast: undefined, strong: false };
const READABLE = 50;

export async function probeAccess({ smoke, rounds }: BenchOptions): Promise<readonly Probe[]> {
  const people = smoke ? 2_000 : 100_000;
  using directory = temporaryDirectory();
  const partition = await openBenchPartition(directory.path);
  try {
    const { engine } = partition;
    await loadEngine(engine, people);
    await shareSome(engine, people);
    return [
      ...(await pagesOfFew(engine, people, smoke ? 5 : 100)),
      ...(await costOfAsking(engine, people, rounds, smoke ? 50 : 5_000)),
    ];
  } finally {
    await partition.stop();
  }
}

/** Grants reading every so manieth person to the guest. */
async function shareSome(engine: Engine, people: number): Promise<void> {
  const operations = runsOf(READABLE).map((n) => ({
    op: "grant" as const,
    nodeId: personId(Math.floor((n * people) / READABLE)),
    grant: { principal: GUEST.actor, permission: "read" as const, expiresAt: 0 },
  }));
  const request = { operations, idempotencyKey: "share", wait: "applied" as const };
  await engine.execute(OWNER, { ...request, schemaFingerprint: "", schema: undefined }, NEVER);
}

function runsOf(count: number): number[] {
  return [...runs(count, count)].flat();
}

const EVERYBODY: QueryRequest = {
  typeId: PERSON,
  filter: undefined,
  order: [],
  includeDeleted: false,
  withTotalCount: false,
  pageSize: 20,
  cursor: undefined,
  offset: 0,
};
const score = { of: "field", fieldId: FIELD.score } as const;
const someScore = {
  op: "gte",
  operand: score,
  values: [{ kind: "float", value: 0 }],
} as const;

const FEW: Readonly<Record<string, (engine: Engine) => Promise<number>>> = {
  "a page in the order of ids": async (engine) =>
    (await engine.queryNodes(GUEST, EVERYBODY, NOW, NEVER)).nodes.length,
  "a page by a field without an index, sorted by it": async (engine) => {
    const order = [{ operand: score, descending: true }];
    const request = { ...EVERYBODY, filter: someScore, order };
    return (await engine.queryNodes(GUEST, request, NOW, NEVER)).nodes.length;
  },
  "the count": async (engine) =>
    (await engine.countNodes(GUEST, { ...EVERYBODY, filter: undefined }, NOW, NEVER)).count,
};

async function pagesOfFew(engine: Engine, people: number, calls: number): Promise<Probe[]> {
  const probes: Probe[] = [];
  for (const [what, ask] of Object.entries(FEW)) {
    const expected = what === "the count" ? READABLE : EVERYBODY.pageSize;
    const took: number[] = [];
    for (let i = 0; i <= calls; i++) {
      const start = performance.now();
      requireSame(what, await ask(engine), expected);
      // The first call starts a read worker.
      if (i > 0) took.push(performance.now() - start);
    }
    probes.push({
      probe: "access",
      what: `Access: ${what}, ${READABLE} of ${people.toLocaleString("en-US")} nodes may be read`,
      unit: "ms",
      samples: took.length,
      value: spreadOf(took),
      goal: "< 20",
    });
  }
  return probes;
}

type Call = (engine: Engine, caller: Caller, n: number, people: number) => Promise<unknown>;

const COSTS: Readonly<Record<string, Call>> = {
  "a node by id": (engine, caller, n, people) => {
    const request = { id: personId((n * 7_919) % people), includeDeleted: false };
    return engine.getNode(caller, request, NOW, NEVER);
  },
  "a page of 20 in the order of ids": (engine, caller) =>
    engine.queryNodes(caller, EVERYBODY, NOW, NEVER),
  "10 edges with their nodes": (engine, caller, n, people) => {
    const nodeId = personId((n * 7_919) % people);
    const page = { edgeTypeId: 0, withNodes: true, pageSize: 10, cursor: undefined };
    return engine.listEdges(caller, { nodeId, direction: "out", ...page }, NOW, NEVER);
  },
};

async function costOfAsking(
  engine: Engine,
  people: number,
  rounds: number,
  calls: number,
): Promise<Probe[]> {
  const probes: Probe[] = [];
  for (const [what, call] of Object.entries(COSTS)) {
    const secondsOf = async (caller: Caller) => {
      const start = performance.now();
      for (let n = 0; n < calls; n++) await call(engine, caller, n, people);
      return performance.now() - start;
    };
    const ratios: number[] = [];
    for (let round = 0; round <= rounds; round++) {
      const unasked = await secondsOf(ADMIN);
      const owner = await secondsOf(OWNER);
      // The first round warms up.
      if (round > 0) ratios.push(owner / unasked);
    }
    probes.push({
      probe: "access",
      what: `Access: ${what}, time of the owner of all nodes over time of who holds the right to all data`,
      unit: "×",
      samples: ratios.length,
      value: spreadOf(ratios),
      goal: undefined,
    });
  }
  return probes;
}
