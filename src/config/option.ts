import type { Parser } from "./parse.ts";

export const GROUPS = {
  network: "Network",
  identity: "Who may ask",
  storage: "Storage",
  kafka: "The log in Kafka",
  kinesis: "The log in Kinesis",
  backup: "Archive and snapshots",
  requests: "Limits of requests",
  connections: "Limits of connections",
  observing: "Logs and metrics",
} as const;
export type Group = keyof typeof GROUPS;

/** One row of the table. */
export interface Option<T> {
  readonly group: Group;
  readonly parser: Parser<T>;
  readonly default: T;
  /** In `entdb dev`; as `default` when left out. */
  readonly devDefault?: T | undefined;
  /**
   * Never shown, and never taken from the command line, where every user of the machine could
   * read it: from the environment, from the file, or from a file named by `…_FILE`.
   */
  readonly secret?: boolean;
  /** One sentence, as it stands in the help and on the reference page. */
  readonly sentence: string;
}

type ValueOf<P> = P extends Parser<infer T> ? T : never;

/** Checks a row; the type of its value is what its parser gives. */
export function option<P extends Parser<unknown>>(
  row: Option<ValueOf<P>> & { readonly parser: P },
): Option<ValueOf<P>> {
  return row;
}
