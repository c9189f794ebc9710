import type { Measurement } from "../../src/cli/bench/figures.ts";
import type { Side } from "./graph-database.ts";
import type { BareSync } from "./machine.ts";
import { type Budget, closedLoop } from "./measure.ts";
import type { BenchOptions } from "./options.ts";
import type { Comparison, RoundFigures } from "./report.ts";
import type { Loaded, Scenario } from "./scenarios/scenario.ts";

/** Who takes part in a comparison. */
export interface Contestant {
  readonly side: string;
  readonly durability: string;
  /** Whether it takes part with so many callers. */
  joins(inFlight: number): boolean;
  /** Gets ready for this scenario; what it returns is disposed of when the last round is over. */
  enter(scenario: Scenario, inFlight: number): Promise<Entry>;
}

export interface Entry extends AsyncDisposable {
  measure(budget: Budget): Promise<Measurement>;
}

/** The same data, asked in the same ways. */
export interface View {
  /** What `--only` takes. */
  readonly name: string;
  readonly title: string;
  readonly contestants: readonly Contestant[];
}

/** In flight while sides settle. */
export const SETTLING_IN_FLIGHT = 64;

/**
 * Uses every side until it is at its pace, as a server is that has run for a while: its code is
 * compiled, its caches are filled, its files have grown. With one caller that would take minutes.
 */
export async function settle(view: View, scenario: Scenario, budget: Budget): Promise<void> {
  for (const runner of view.contestants) {
    if (!runner.joins(SETTLING_IN_FLIGHT)) continue;
    await using entry = await runner.enter(scenario, SETTLING_IN_FLIGHT);
    await entry.measure(budget);
  }
}

/**
 * Every side in turn, round after round (A/B/A/B): what the machine does meanwhile meets all
 * of them alike. The bare sync is measured before each round.
 */
export async function compare(
  view: View,
  scenario: Scenario,
  inFlight: number,
  options: BenchOptions,
  sync: BareSync,
): Promise<Comparison> {
  const runners = view.contestants.filter((contestant) => contestant.joins(inFlight));
  const rounds = runners.map((): RoundFigures[] => []);
  const fdatasyncMs: number[] = [];
  await using entries = new AsyncDisposableStack();
  const entered: Entry[] = [];
  for (const runner of runners) {
    const entry = entries.use(await runner.enter(scenario, inFlight));
    await entry.measure(options.warmUp);
    entered.push(entry);
  }
  for (let round = 0; round < options.rounds; round++) {
    fdatasyncMs.push(sync.measure());
    for (const [i, entry] of entered.entries()) {
      const measured = await entry.measure(options.budget);
      rounds[i]?.push(figuresOf(measured, scenario));
    }
  }
  return {
    view: view.name,
    viewTitle: view.title,
    scenario: scenario.name,
    title: scenario.title,
    unit: scenario.unit,
    inFlight,
    sides: runners.map(({ side, durability }, i) => ({
      side,
      durability,
      rounds: rounds[i] ?? [],
    })),
    fdatasyncMs,
  };
}

function figuresOf(measured: Measurement, scenario: Scenario): RoundFigures {
  const { callsPerSecond, p50Ms, p99Ms } = measured;
  return { perSecond: callsPerSecond * scenario.unitsPerCall, p50Ms, p99Ms };
}

/** Keys are used once: also from one scenario or level to the next, and by sides that share a database. */
let next = 0;

/** A side that the closed loop of this process asks. */
export function loopContestant(
  side: Side,
  loaded: Loaded,
  joins: (inFlight: number) => boolean = () => true,
): Contestant {
  return {
    side: side.name,
    durability: side.durability,
    joins,
    enter: async (scenario, inFlight) => {
      const database = await side.connect(inFlight, scenario.kind);
      return {
        measure: async (budget) => {
          const call = (n: number) => scenario.call(database, n, loaded);
          const measured = await closedLoop(call, inFlight, budget, next);
          next += measured.calls;
          return measured;
        },
        [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
      };
    },
  };
}
