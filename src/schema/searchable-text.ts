import type { Value } from "./value.ts";

/** The text by which a value of a searchable field is found; undefined for a kind that has none. */
export function searchableText(value: Value | undefined): string | undefined {
  if (value?.kind === "str") return value.value;
  // Lines of their own, so that no two items read as one phrase to a person.
  if (value?.kind === "list_str") return value.value.join("\n");
  return undefined;
}
