import { measurementOf } from "../../../src/cli/bench/figures.ts";
import type { Engine } from "../../../src/engine/engine.ts";
import type { Caller } from "../../../src/record/caller.ts";
import { NO_MAIL, type NodeSharing } from "../../../src/record/transaction.ts";
import { SeededRandom } from "../../harness/seeded-random.ts";
import { temporaryDirectory } from "../../harness/temporary-directory.ts";
import { openBenchPartition } from "../databases/entdb-engine.ts";
import type { BenchOptions } from "../options.ts";
import type { Probe } from "../report.ts";
import {
  COMMON_WORD,
  callerOf,
  execute,
  FILL,
  letterOf,
  NEVER,
  NOW,
  RARE_WORD,
  register,
  textOf,
} from "./letters.ts";

const OWNER = callerOf("bench", "user:owner");
const GUEST = callerOf("bench", "user:guest");
const READABLE = 50;
const PAGE = 20;
const TO_GUEST: NodeSharing = {
  grants: [{ principal: GUEST.actor, permission: "read", expiresAt: 0 }],
  recipients: [],
  mail: NO_MAIL,
};
const SEARCHES = [
  ["a word that every node has", COMMON_WORD, false],
  ["a rare word", RARE_WORD, false],
  ["two words", `${COMMON_WORD} ${RARE_WORD}`, false],
  ["the beginning of a word that every node has", COMMON_WORD.slice(0, 4), true],
] as const;

/** Search in a hundred thousand nodes: by who owns them all, and by who may read fifty of them. */
export async function probeSearch({ smoke }: BenchOptions): Promise<readonly Probe[]> {
  const nodes = smoke ? 1_000 : 100_000;
  const searches = smoke ? 5 : 50;
  using directory = temporaryDirectory();
  const { engine, stop } = await openBenchPartition(directory.path);
  try {
    await fill(engine, nodes);
    const probes: Probe[] = [];
    for (const [whose, caller] of [
      ["all of them one's own", OWNER],
      [`${READABLE} of them readable`, GUEST],
    ] as const) {
      for (const [kind, query, prefix] of SEARCHES) {
        const latencies: number[] = [];
        for (let i = 0; i < searches + 3; i++) {
          const begun = performance.now();
          await search(engine, caller, query, prefix);
          // The first ones warm up.
          if (i >= 3) latencies.push(performance.now() - begun);
        }
        const { p50Ms, p99Ms } = measurementOf(latencies, 1);
        probes.push({
          probe: "search",
          what: `Search in ${nodes.toLocaleString("en-US")} nodes, ${whose}: ${kind} (the highest is p99)`,
          unit: "ms",
          samples: latencies.length,
          value: { median: p50Ms, low: Math.min(...latencies), high: p99Ms },
          goal: undefined,
        });
      }
    }
    return probes;
  } finally {
    await stop();
  }
}

async function fill(engine: Engine, nodes: number): Promise<void> {
  await register(engine, "bench");
  const random = new SeededRandom(1);
  const every = nodes / READABLE;
  for (let i = 0; i < nodes; i += FILL) {
    const letters = Array.from({ length: FILL }, (_, j) =>
      letterOf(textOf(random), (i + j) % every === 0 ? TO_GUEST : undefined),
    );
    await execute(engine, OWNER, letters);
  }
}

async function search(
  engine: Engine,
  caller: Caller,
  query: string,
  prefix: boolean,
): Promise<void> {
  const scope = { typeIds: [], fieldIds: [], pageSize: PAGE, cursor: undefined };
  const { hits } = await engine.searchNodes(caller, { query, prefix, ...scope }, NOW, NEVER);
  const isEverywhere = COMMON_WORD.startsWith(query);
  if (isEverywhere && hits.length !== PAGE) throw new Error("a search did not fill its page");
}
