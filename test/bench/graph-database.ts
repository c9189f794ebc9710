import type { FoundPerson, Person } from "./people.ts";

/**
 * What the scenarios ask of either side, in the side's own best way: one round trip a call.
 * Answers carry what it takes to check them; the rows behind them are decoded whole.
 */
export interface GraphDatabase extends AsyncDisposable {
  /** One node and what is remembered under the key, durably. Answers with the node's id. */
  createPerson(key: string, person: Person): Promise<string>;
  /** Two nodes, an edge from the first to the second, and the key. Answers with the ids of nodes and edge. */
  createPair(key: string, first: Person, second: Person): Promise<readonly string[]>;
  /** So many nodes, and the key. Answers with their ids. */
  createPeople(key: string, people: readonly Person[]): Promise<readonly string[]>;
  getPerson(id: string): Promise<FoundPerson>;
  /** The first ten of a team in the order of their ids. */
  listTeam(team: number): Promise<readonly FoundPerson[]>;
  /** The first ten edges that leave the node, with the nodes at their ends. */
  listKnown(id: string): Promise<readonly FoundPerson[]>;
}

/** A side that was loaded with people and can be asked by many callers. */
export interface Side {
  readonly name: string;
  /** When a write is answered, in the words that stand beside every figure. */
  readonly durability: string;
  /** For so many callers at once, who write or read. */
  connect(inFlight: number, kind: "write" | "read"): Promise<GraphDatabase>;
}

/** An answer that is not what it must be. */
export class WrongAnswerError extends Error {
  override readonly name = "WrongAnswerError";
}

export function requireSame(what: string, found: unknown, wanted: unknown): void {
  if (Bun.deepEquals(found, wanted)) return;
  throw new WrongAnswerError(
    `${what}: found ${JSON.stringify(found)}, not ${JSON.stringify(wanted)}`,
  );
}
