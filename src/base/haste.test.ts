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
