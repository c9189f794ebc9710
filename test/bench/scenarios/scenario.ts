import type { GraphDatabase } from "../graph-database.ts";

/** One kind of request, asked of every side alike. */
export interface Scenario {
  /** What `--only` takes. */
  readonly name: string;
  /** What the table says. */
  readonly title: string;
  /** What is counted. */
  readonly unit: "transactions/s" | "operations/s" | "reads/s";
  /** How many of them a call is. */
  readonly unitsPerCall: number;
  readonly kind: "write" | "read";
  /** Makes call `n` and throws {@link WrongAnswerError} unless it is answered rightly. */
  call(database: GraphDatabase, n: number, loaded: Loaded): Promise<void>;
}

/** What a side holds when the measuring begins. */
export interface Loaded {
  readonly people: number;
  /** Unlike in every run: keys are used once. */
  readonly run: string;
}
