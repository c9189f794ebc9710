import { composedServer } from "../composed/composed-server.ts";
import { killBank } from "../kills/bank.ts";
import type { Scenario } from "../scenario.ts";
import { mustFail } from "./must-fail.ts";

/** Knows no batch again: what is proposed again after a kill, and refused although it stands, must show it. */
export const appendsForgotten: Scenario = {
  name: "teeth/bank-appends-forgotten",
  kind: "teeth",
  cycles: 3,
  run: async (run) => {
    const program = await composedServer("appends-forgotten");
    return await mustFail(() => killBank(run, { program }));
  },
};
