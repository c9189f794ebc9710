import { composedServer } from "../composed/composed-server.ts";
import { killBank } from "../kills/bank.ts";
import type { Scenario } from "../scenario.ts";
import { mustFail } from "./must-fail.ts";

/** Appends at whatever head there is: balances that do not follow on each other must show it. */
export const headsUnchecked: Scenario = {
  name: "teeth/bank-heads-unchecked",
  kind: "teeth",
  cycles: 3,
  run: async (run) => {
    const program = await composedServer("heads-unchecked");
    return await mustFail(() => killBank(run, { program }));
  },
};
