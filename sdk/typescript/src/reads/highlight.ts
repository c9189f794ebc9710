/** A piece of text, in parts that were found and parts around them. */
export interface Highlight {
  /** Without any marks. */
  readonly text: string;
  /** The same text in its parts, for showing. */
  readonly parts: readonly { readonly text: string; readonly found: boolean }[];
}

const FOUND_BEGINS = "\u0002";
const FOUND_ENDS = "\u0003";

/** The highlight of a text in which what was found stands between U+0002 and U+0003. */
export function highlightOf(marked: string): Highlight {
  const parts = marked.split(FOUND_BEGINS).flatMap((piece, index) => {
    if (index === 0) return [{ text: piece, found: false }];
    const [found = "", ...around] = piece.split(FOUND_ENDS);
    return [
      { text: found, found: true },
      { text: around.join(""), found: false },
    ];
  });
  const said = parts.filter(({ text }) => text !== "");
  return { text: said.map(({ text }) => text).join(""), parts: said };
}
