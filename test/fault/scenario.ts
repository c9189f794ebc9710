/**
 * What the harness is made of: scenarios, each a file of its own in a folder that says of what
 * kind its faults are. A scenario breaks something, on the executable that users get, and
 * throws a `Violation` when what was promised is broken afterwards.
 */
import type { SeededRandom } from "../harness/seeded-random.ts";

/** What a scenario's faults are counted as. */
export type FaultKind = "kills" | "power cuts" | "other faults" | "teeth";

export interface Scenario {
  /** Its folder and its file: what `--only` looks for. */
  readonly name: string;
  readonly kind: FaultKind;
  /** How often in a run of continuous integration. A cycle is one fault, as a rule. */
  readonly cycles: number;
  /** Needs a real part that is downloaded or built once, and runs only where that is asked for. */
  readonly needsService?: boolean;
  /** Why it cannot run on this machine; undefined when it can. */
  readonly obstacle?: () => string | undefined;
  /** Throws a `Violation`, or whatever kept it from finding out. */
  run(run: ScenarioRun): Promise<Tally>;
}

export interface ScenarioRun {
  /** At least 1. */
  readonly cycles: number;
  /** The scenario's own, from the run's seed and its name: it does the same alone as among others. */
  readonly random: SeededRandom;
}

/** What was done and held. */
export interface Tally {
  /** Faults that really happened: a cycle whose fault came too late counts none. */
  readonly faults: number;
  /** Transactions whose answers were held against what was there afterwards. */
  readonly acknowledged: number;
  /** What was found, where it is not only that nothing was. */
  readonly found?: string;
}
