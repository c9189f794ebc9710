/**
 * The nearest names for a name that was not found, so that a refusal can say what was
 * probably meant.
 */
const MAX_SUGGESTIONS = 3;
/** Longer than any name we know: not worth comparing, and the comparison is quadratic. */
const MAX_COMPARED_CHARS = 64;

/**
 * Up to three names, nearest first, in a fixed order: those that differ by case alone,
 * then those within a few keystrokes (a third of the length, at least 1, at most 3).
 */
export function suggest(wanted: string, names: Iterable<string>): string[] {
  if (wanted.length === 0 || wanted.length > MAX_COMPARED_CHARS) return [];
  const folded = wanted.toLowerCase();
  const allowed = Math.min(3, Math.max(1, Math.floor(wanted.length / 3)));
  const near: { name: string; distance: number }[] = [];
  for (const name of names) {
    if (Math.abs(name.length - wanted.length) > allowed) continue;
    const distance = editDistance(folded, name.toLowerCase());
    if (distance <= allowed) near.push({ name, distance });
  }
  near.sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1));
  return near.slice(0, MAX_SUGGESTIONS).map((candidate) => candidate.name);
}

/** "Did you mean x or y?", or the fallback when nothing is near. */
export function didYouMean(suggestions: readonly string[], otherwise: string): string {
  return suggestions.length === 0 ? otherwise : `Did you mean ${suggestions.join(" or ")}?`;
}

/** Insertions, deletions, replacements and swaps of neighbours that turn one text into the other. */
function editDistance(a: string, b: string): number {
  let twoAgo: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a.charCodeAt(i - 1) === b.charCodeAt(j - 1);
      let best = Math.min(
        (previous[j] as number) + 1,
        (row[j - 1] as number) + 1,
        (previous[j - 1] as number) + (same ? 0 : 1),
      );
      const swapped =
        i > 1 &&
        j > 1 &&
        a.charCodeAt(i - 1) === b.charCodeAt(j - 2) &&
        a.charCodeAt(i - 2) === b.charCodeAt(j - 1);
      if (swapped) best = Math.min(best, (twoAgo[j - 2] as number) + 1);
      row.push(best);
    }
    twoAgo = previous;
    previous = row;
  }
  return previous[b.length] as number;
}
