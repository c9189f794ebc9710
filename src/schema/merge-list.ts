import type { FoundChanges } from "./found-change.ts";
import type { SchemaChangeKind } from "./schema-change.ts";
import type { Place } from "./schema-place.ts";
import type { SchemaDifference } from "./types.ts";

/** What a merge finds on its way: gathered, so that a refusal can tell how many there are. */
export interface Findings {
  readonly differences: SchemaDifference[];
  /** Contradictions. */
  readonly refusals: FoundChanges;
  /**
   * Whether it merges as records of rules version 1 do: what would ask something of the rows
   * that are there is a contradiction.
   */
  readonly firstRules: boolean;
}

interface ListRules<T> {
  readonly idOf: (item: T) => number;
  readonly placeOf: (item: T) => Place;
  /** Merges what was sent into what is there; returns the latter itself when nothing was added. */
  readonly merge: (mine: T, sent: T) => T;
  /** Whether something new may be added; whoever says no has put down why. */
  readonly admit: (sent: T) => boolean;
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
    const holder = holders.get(item.name);
    if (holder !== undefined) {
      const what = `id ${rules.idOf(holder)}`;
      refuseName(rules.findings, rules.placeOf(item), item.name, what);
      continue;
    }
    if (!rules.admit(item)) continue;
    changed = true;
    merged.set(id, item);
  }
  if (!changed) return current;
  return [...merged.values()].sort((a, b) => rules.idOf(a) - rules.idOf(b));
}

export function refuseName(findings: Findings, place: Place, name: string, holder: string): void {
  findings.refusals.breaking(
    place,
    "name_taken",
    `the name ${name} belongs to ${holder} already`,
    "Numbers are identity for ever: send it under the id it has, or choose another name.",
  );
}

/** Refuses, under the first rules, what would ask something of the rows that are there. */
export function refuseUnderFirstRules(
  findings: Findings,
  place: Place,
  change: SchemaChangeKind,
  problem: string,
  hint: string,
): boolean {
  if (findings.firstRules) findings.refusals.breaking(place, change, problem, hint);
  return findings.firstRules;
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

/**
 * The numbers that are reserved after the merge: the tenant's and those sent, but none that the
 * tenant uses. Returns the current list itself when none was added.
 */
export function mergeReserved(
  current: readonly number[],
  sent: readonly number[],
  inUse: (id: number) => boolean,
  difference: { readonly findings: Findings; readonly place: Place; readonly attribute: string },
): readonly number[] {
  const { findings, place, attribute } = difference;
  const added: number[] = [];
  const there = new Set(current);
  for (const id of sent) {
    if (there.has(id)) continue;
    if (inUse(id)) keep(findings, place, `${attribute} ${id}`, "in use", "reserved");
    else added.push(id);
  }
  return added.length === 0 ? current : [...current, ...added].sort((a, b) => a - b);
}
