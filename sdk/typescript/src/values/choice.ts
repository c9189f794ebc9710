/** Words of a program that stand for numbers on the wire. */
import { InvalidArgumentError } from "../errors/refusals.ts";
import { didYouMean, suggest } from "./suggest.ts";

/**
 * What the word stands for. Throws {@link InvalidArgumentError} for any other, which a compiler would
 * have refused: taken for the default, it would do something else than was asked for.
 */
export function chosen<Word extends string, Meaning>(
  choices: Readonly<Record<Word, Meaning>>,
  word: Word,
  what: string,
): Meaning {
  if (Object.hasOwn(choices, word)) return choices[word];
  const words = Object.keys(choices);
  throw new InvalidArgumentError({
    reason: "INVALID_REQUEST",
    message: `${what} is ${JSON.stringify(word)}.`,
    hint: didYouMean(suggest(String(word), words), `It is one of ${words.join(", ")}.`),
  });
}
