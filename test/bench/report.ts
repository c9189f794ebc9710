import type { Spread } from "./measure.ts";

/**
 * What a run leaves behind: every round of every figure, so that anything else can be made
 * of it later. The table in `docs/benchmarks.md` is made from one of these (`table.ts`).
 */
export interface Report {
  readonly format: 1;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly smoke: boolean;
  readonly rounds: number;
  readonly machine: Machine;
  readonly comparisons: readonly Comparison[];
  readonly probes: readonly Probe[];
  /** What could not be run here, and why. */
  readonly skipped: readonly string[];
}

export interface Machine {
  readonly processors: string;
  readonly memoryGiB: number;
  readonly kernel: string;
  readonly runtime: string;
  readonly postgres: string | undefined;
  /** One-minute load before anything was measured. */
  readonly load: number;
  /** A write of 512 bytes into an allocated file and its fdatasync, milliseconds, over the whole run. */
  readonly fdatasyncMs: Spread;
}

/** One scenario at one number of callers, all sides in turn. */
export interface Comparison {
  readonly view: string;
  readonly viewTitle: string;
  readonly scenario: string;
  readonly title: string;
  readonly unit: string;
  readonly inFlight: number;
  readonly sides: readonly SideFigures[];
  /** The median bare fdatasync of each round, milliseconds. */
  readonly fdatasyncMs: readonly number[];
}

export interface SideFigures {
  readonly side: string;
  readonly durability: string;
  /** In the order in which they were run. */
  readonly rounds: readonly RoundFigures[];
}

export interface RoundFigures {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** A figure of EntDB alone. */
export interface Probe {
  /** What `--only` takes. */
  readonly probe: string;
  readonly what: string;
  readonly unit: string;
  readonly samples: number;
  readonly value: Spread;
  /** As in the documentation: "< 60". */
  readonly goal: string | undefined;
}
