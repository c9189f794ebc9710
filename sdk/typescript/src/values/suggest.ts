/** The nearest names for a name that was not found, so that a refusal can say what was probably meant. */
const MAX_SUGGESTIONS = 3;
/** Longer than any name: not worth comparing, and the comparison is quadratic. */
const MAX_COMPARED_CHARS = 64;

/** Up to three names within a third of the length in keystrokes (at least 1, at most 3), nearest first. */
export function suggest(wanted: string, names: readonly string[]): string[] {
  if (wanted.length === 0 || wanted.length > MAX_COMPARED_CHARS) return [];
  const allowed = Math.min(3, Math.max(1, Math.floor(wanted.length / 3)));
  return names
    .map((name) => ({ name, distance: distance(wanted.toLowerCase(), name.toLowerCase()) }))
    .filter((candidate) => candidate.distance <= allowed)
    .sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1))
    .slice(0, MAX_SUGGESTIONS)
    .map((candidate) => candidate.name);
}

/** "Did you mean x or y?", or the fallback when nothing is near. */
export function didYouMean(near: readonly string[], otherwise: string): string {
  return near.length === 0 ? otherwise : `Did you mean ${near.join(" or ")}?`;
}

/** Insertions, deletions, replacements and swaps of neighbours that turn one text into the other. */
function distance(a: string, b: string): number {
  let twoAgo: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const above = previous[j] ?? 0;
      const diagonal = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let best = Math.min(above + 1, (row[j - 1] ?? 0) + 1, diagonal);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) best = Math.min(best, (twoAgo[j - 2] ?? 0) + 1);
      row.push(best);
    }
    twoAgo = previous;
    previous = row;
  }
  return previous[b.length] ?? 0;
}
