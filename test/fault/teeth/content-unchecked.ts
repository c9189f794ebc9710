import { composedServer } from "../composed/composed-server.ts";
import { killBank } from "../kills/bank.ts";
import type { Scenario } from "../scenario.ts";
import { mustFail } from "./must-fail.ts";

/** Takes any batch at a batch's nonces for the same one: a loser who is told that it won must show it. */
export const contentUnchecked: Scenario = {
  name: "teeth/bank-content-unchecked",
  kind: "teeth",
  // Two who pay cash into one account must meet for it to show, which one cycle in eight has none of.
  cycles: 15,
  run: async (run) => {
    const program = await composedServer("content-unchecked");
    return await mustFail(() => killBank(run, { program }));
  },
};
