/**
 * The pattern language of `like`: `%` is any run of characters (line ends too), `_` any
 * one character (a code point, however many UTF-16 units), `\` takes the next character
 * as it is. Case-sensitive, over the whole text. Unlike SQLite's LIKE.
 */
type Matcher = (text: string) => boolean;

/** One step of a pattern: a code point, or one of the two wild cards. */
const ANY_ONE = -1;
const ANY_RUN = -2;

/** Takes a checked pattern: no lone escape at its end. Time per text is at most pattern × text. */
export function compileLike(pattern: string): Matcher {
  const steps = stepsOf(pattern);
  if (!steps.includes(ANY_ONE)) {
    const plain = plainMatcher(steps);
    if (plain !== undefined) return plain;
  }
  return (text) => matches(steps, text);
}

function stepsOf(pattern: string): number[] {
  const steps: number[] = [];
  let escaped = false;
  for (const character of pattern) {
    if (!escaped && character === "\\") {
      escaped = true;
      continue;
    }
    if (!escaped && character === "_") steps.push(ANY_ONE);
    else if (!escaped && character === "%") {
      if (steps.at(-1) !== ANY_RUN) steps.push(ANY_RUN);
    } else steps.push(character.codePointAt(0) as number);
    escaped = false;
  }
  return steps;
}

/** The shapes that the runtime's own text search answers: abc, abc%, %abc, %abc%, %. */
function plainMatcher(steps: readonly number[]): Matcher | undefined {
  const open = steps[0] === ANY_RUN;
  const openEnd = steps.length > 1 && steps.at(-1) === ANY_RUN;
  const inner = steps.slice(open ? 1 : 0, openEnd ? -1 : undefined);
  if (inner.includes(ANY_RUN)) return undefined;
  const literal = String.fromCodePoint(...inner);
  if (steps.length === 1 && open) return () => true;
  if (open && openEnd) return (text) => text.includes(literal);
  if (open) return (text) => text.endsWith(literal);
  if (openEnd) return (text) => text.startsWith(literal);
  return (text) => text === literal;
}

/** Greedy, with a way back to the last run only: an earlier run never needs to take more. */
function matches(steps: readonly number[], text: string): boolean {
  let at = 0;
  let step = 0;
  let runStep = -1;
  let runAt = 0;
  while (at < text.length) {
    const wanted = steps[step];
    if (wanted === ANY_RUN) {
      runStep = step++;
      runAt = at;
      continue;
    }
    const point = text.codePointAt(at) as number;
    if (wanted === point || wanted === ANY_ONE) {
      at += width(point);
      step++;
      continue;
    }
    if (runStep < 0) return false;
    runAt += width(text.codePointAt(runAt) as number);
    at = runAt;
    step = runStep + 1;
  }
  while (steps[step] === ANY_RUN) step++;
  return step === steps.length;
}

function width(point: number): number {
  return point > 0xffff ? 2 : 1;
}
