import { expect, test } from "bun:test";
import { Haste } from "./haste.ts";

const LONG_MS = 60_000;

test("who works rests until it is in a hurry, and ends when it is wanted no more, whichever came first", () => {
  const ours = new Haste();
  const theirs = new Haste(ours.memory);
  theirs.rest(1);
  ours.hurry();
  theirs.rest(LONG_MS);
  theirs.throwIfEnded();
  ours.end();
  ours.hurry();
  theirs.rest(LONG_MS);
  expect(() => theirs.throwIfEnded()).toThrow("wanted no more");
});

test("it ends with a signal, unless nobody listens to that any more", () => {
  const aborted = AbortSignal.abort();
  const [ended, other] = [new Haste(), new Haste()];
  ended.endsWith(aborted);
  expect(() => ended.throwIfEnded()).toThrow();
  const later = new AbortController();
  other.endsWith(later.signal)[Symbol.dispose]();
  later.abort();
  other.throwIfEnded();
  other.endsWith(later.signal);
  expect(() => other.throwIfEnded()).toThrow();
});
