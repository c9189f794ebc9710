/**
 * Texts in which FTS5 has marked what was found, and how good a match they are.
 *
 * The score is BM25 without its factor for rare words and with a fixed length that counts as
 * usual: both of these are counted over everything that is indexed, and a score that moves with
 * texts that the searcher may not read tells too much of them. All words must be found anyway,
 * so that how often they are and how short the text is rank well enough.
 */
export const OPEN = "\u0002";
export const CLOSE = "\u0003";

/** Words that a snippet shows. */
export const SNIPPET_WORDS = 24;

/** How soon more of the same counts less, and how much long texts are held back: BM25's own. */
const SATURATION = 1.2;
const LENGTH_WEIGHT = 0.75;
/** What counts as a text of usual length. */
const USUAL_CHARS = 400;

/** Greater is better; always between 0 and 2.2. */
export function scoreOf(marked: string): number {
  const found = marked.split(OPEN).length - 1;
  const chars = marked.length - 2 * found;
  const length = 1 - LENGTH_WEIGHT + (LENGTH_WEIGHT * chars) / USUAL_CHARS;
  return (found * (SATURATION + 1)) / (found + SATURATION * length);
}
