import { turn } from "../../src/base/turn.ts";

/** So many turns of the event loop run everything at hand, and what that leads to. */
const TURNS = 10;

/** Whether the promise has settled by the time that everything at hand has run. */
export async function isSettled(promise: Promise<unknown> | undefined): Promise<boolean> {
  let settled = false;
  const settle = () => {
    settled = true;
  };
  void promise?.then(settle, settle);
  for (let i = 0; i < TURNS; i++) await turn();
  return settled;
}
