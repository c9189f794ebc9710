import type { Value } from "./value.ts";

// biome-ignore lint/suspicious/noControlCharactersInRegex: these two are what is looked for.
const MARKS = /[\u0002\u0003]/g;

/**
 * The text by which a value of a searchable field is found; undefined for a kind that has none.
 * What an answer puts around found words does not stand in it: whoever wrote it could else mark
 * what nobody found, and have it ranked.
 */
export function searchableText(value: Value | undefined): string | undefined {
  if (value?.kind === "str") return value.value.replaceAll(MARKS, " ");
  // Lines of their own, so that no two items read as one phrase to a person.
  if (value?.kind === "list_str") return value.value.join("\n").replaceAll(MARKS, " ");
  return undefined;
}
