import type { Place } from "./schema-place.ts";
import type { SchemaDifference } from "./types.ts";

/** The kinds of change that a merge refuses; stable, since programs read them in an error's details. */
export type RefusedChange =
  | "kind_changed"
  | "ref_target_changed"
  | "enum_order_changed"
  | "edge_ends_changed"
  | "required_field_added"
  | "unique_added"
  | "indexed_added"
  | "unique_key_added"
  | "unique_key_changed"
  | "unique_per_from_added"
  | "name_taken";

export interface Refusal {
  readonly place: Place;
  readonly change: RefusedChange;
  readonly problem: string;
  readonly hint: string;
}

/** What a merge finds on its way: gathered, so that a refusal can tell how many there are. */
export interface Findings {
  readonly differences: SchemaDifference[];
  readonly refusals: Refusal[];
}

interface ListRules<T> {
  readonly idOf: (item: T) => number;
  readonly placeOf: (item: T) => Place;
  /** Merges what was sent into what is there; returns the latter itself when nothing was added. */
  readonly merge: (mine: T, sent: T) => T;
  /** Why something new may not be added, if so. */
  readonly admit: (sent: T) => Omit<Refusal, "place"> | undefined;
  readonly findings: Findings;
}

/**
 * Merges lists of things with ids and names, both in ascending id. Returns the current
 * list itself when nothing was added.
 */
export function adopt<T extends { readonly name: string }>(
  current: readonly T[],
  sent: readonly T[],
  rules: ListRules<T>,
): readonly T[] {
  const merged = new Map(current.map((item) => [rules.idOf(item), item]));
  const holders = new Map(current.map((item) => [item.name, item]));
  let changed = false;
  for (const item of sent) {
    const id = rules.idOf(item);
    const mine = merged.get(id);
    if (mine !== undefined) {
      const result = rules.merge(mine, item);
      changed ||= result !== mine;
      merged.set(id, result);
      continue;
    }
    const refusal = nameTaken(item, holders.get(item.name), rules) ?? rules.admit(item);
    if (refusal !== undefined) {
      rules.findings.refusals.push({ place: rules.placeOf(item), ...refusal });
      continue;
    }
    changed = true;
    merged.set(id, item);
  }
  if (!changed) return current;
  return [...merged.values()].sort((a, b) => rules.idOf(a) - rules.idOf(b));
}

function nameTaken<T extends { readonly name: string }>(
  item: T,
  holder: T | undefined,
  rules: ListRules<T>,
): Omit<Refusal, "place"> | undefined {
  if (holder === undefined) return undefined;
  return {
    change: "name_taken",
    problem: `the name ${item.name} belongs to id ${rules.idOf(holder)} already`,
    hint: "Numbers are identity for ever: send it under the id it has, or choose another name.",
  };
}

/** Lists a difference in an attribute where the tenant's stays. */
export function keep(
  findings: Findings,
  place: Place,
  attribute: string,
  kept: string | boolean,
  sent: string | boolean,
): void {
  if (kept === sent) return;
  findings.differences.push({
    path: `${place.label}: ${attribute}`,
    kept: String(kept),
    sent: String(sent),
  });
}
