import { measurementOf } from "../../../src/cli/bench/figures.ts";
import type { Engine, RequestedOperation } from "../../../src/engine/engine.ts";
import { NO_MAIL } from "../../../src/record/transaction.ts";
import { SeededRandom } from "../../harness/seeded-random.ts";
import { temporaryDirectory } from "../../harness/temporary-directory.ts";
import { openBenchPartition } from "../databases/entdb-engine.ts";
import { closedLoop, spreadOf } from "../measure.ts";
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

/** Owns every second item; the others have as many as the rest leaves to each. */
const LARGE = "user:large";
const OTHERS = 500;
const SENDER = "user:bench";

/**
 * Search in mailboxes of a tenant with a hundred thousand items, half of them one actor's; and
 * what mailboxes cost a write that has no recipients.
 */
export async function probeMailbox({ smoke, rounds }: BenchOptions): Promise<readonly Probe[]> {
  const items = smoke ? 1_000 : 100_000;
  const searches = smoke ? 5 : 200;
  using directory = temporaryDirectory();
  const { engine, stop } = await openBenchPartition(directory.path);
  try {
    await fill(engine, items);
    const probes: Probe[] = [];
    for (const [whose, actor] of [
      ["half of them one's own", LARGE],
      [`${Math.ceil(items / 2 / OTHERS)} of them one's own`, "user:7"],
    ] as const) {
      for (const [kind, query] of [
        ["a word that every item has", COMMON_WORD],
        ["a rare word", RARE_WORD],
        ["two words", `${COMMON_WORD} w1x`],
      ] as const) {
        const latencies: number[] = [];
        for (let i = 0; i < searches + 5; i++) {
          const begun = performance.now();
          await search(engine, actor, query);
          // The first ones warm up.
          if (i >= 5) latencies.push(performance.now() - begun);
        }
        const { p50Ms, p99Ms } = measurementOf(latencies, 1);
        probes.push({
          probe: "mailbox",
          what: `Mailbox of ${items.toLocaleString("en-US")} items, ${whose}: search for ${kind} (the highest is p99)`,
          unit: "ms",
          samples: latencies.length,
          value: { median: p50Ms, low: Math.min(...latencies), high: p99Ms },
          goal: "< 10",
        });
      }
    }
    return [...probes, await writesBeside(engine, smoke, rounds)];
  } finally {
    await stop();
  }
}

/** Time of a write without recipients in this tenant over that in one that never had mail. */
async function writesBeside(engine: Engine, smoke: boolean, rounds: number): Promise<Probe> {
  const calls = smoke ? 16 : 3_000;
  await register(engine, "plain");
  const ratios: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    const times: number[] = [];
    for (const tenantId of ["plain", "bench"]) {
      const write = () => execute(engine, callerOf(tenantId, SENDER), [letter("note", [])]);
      times.push((await closedLoop(write, 32, { calls })).seconds);
    }
    if (round > 0) ratios.push((times[1] ?? 0) / (times[0] ?? 1));
  }
  return {
    probe: "mailbox",
    what: "A write without recipients, time in a tenant with mail over time in one without",
    unit: "×",
    samples: ratios.length,
    value: spreadOf(ratios),
    goal: "0.8–1.2",
  };
}

async function fill(engine: Engine, items: number): Promise<void> {
  await register(engine, "bench");
  const random = new SeededRandom(1);
  for (let i = 0; i < items; i += FILL) {
    const letters = Array.from({ length: FILL }, (_, j) => {
      const other = `user:${((i + j) >> 1) % OTHERS}`;
      return letter(textOf(random), [j % 2 === 0 ? LARGE : other]);
    });
    await execute(engine, callerOf("bench", SENDER), letters);
  }
  // Not before everything has been delivered.
  await search(engine, LARGE, COMMON_WORD);
}

function letter(text: string, recipients: readonly string[]): RequestedOperation {
  return recipients.length === 0
    ? letterOf(text)
    : letterOf(text, { grants: undefined, recipients, mail: NO_MAIL });
}

async function search(engine: Engine, actor: string, query: string): Promise<void> {
  const request = { userId: "", query, prefix: false, pageSize: 0, cursor: undefined };
  const { hits } = await engine.mailboxes.search(callerOf("bench", actor), request, NOW, NEVER);
  if (query === COMMON_WORD && hits.length === 0) throw new Error("a search found nothing");
}
