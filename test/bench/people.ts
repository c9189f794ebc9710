/**
 * The data of every benchmark, made from numbers alone, so that each side holds the same and
 * every answer can be checked. People in teams of ten; person n knows the ten that follow.
 */
export interface Person {
  readonly name: string;
  readonly email: string;
  /** Indexed on both sides. */
  readonly team: number;
  readonly score: number;
  readonly note: string;
}

/** A person as an answer has it. */
export interface FoundPerson extends Pick<Person, "name"> {
  readonly id: string;
}

export const TEAM_SIZE = 10;
export const KNOWN_PER_PERSON = 10;

const NOTE = "Sixty-four characters of text, as a short description may have….";

export function personOf(n: number): Person {
  return {
    name: `Person ${n}`,
    email: `person.${n}@example.org`,
    team: Math.floor(n / TEAM_SIZE),
    score: n * 1.5,
    note: NOTE,
  };
}

/** A person of whom nothing is loaded beforehand: written by a benchmark, in a team that is never asked for. */
export function newPersonOf(n: number): Person {
  return { ...personOf(n), team: NEW_TEAMS + (n % TEAMS_WRITTEN_TO) };
}

const NEW_TEAMS = 1_000_000_000;
const TEAMS_WRITTEN_TO = 1_000;

/** Of the grammar of EntDB's ids; the other side takes it as it is. */
export function personId(n: number): string {
  return `nd_${String(n).padStart(26, "0")}`;
}

export function edgeId(from: number, place: number): string {
  return `ed_${String(from * KNOWN_PER_PERSON + place).padStart(26, "0")}`;
}

/** The numbers of the people that person n of so many knows. */
export function knownBy(n: number, people: number): number[] {
  return Array.from({ length: KNOWN_PER_PERSON }, (_, i) => (n + 1 + i) % people);
}

/** Numbers 0 to people - 1 in an order that neither side can foresee, the same in every run. */
export function scattered(n: number, people: number): number {
  return (n * 7_919 + 104_729 * Math.floor(n / people)) % people;
}
