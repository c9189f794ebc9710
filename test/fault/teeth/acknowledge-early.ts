import { composedServer } from "../composed/composed-server.ts";
import { killLoop } from "../kills/at-random.ts";
import type { Scenario } from "../scenario.ts";
import { mustFail } from "./must-fail.ts";

/** Answers before the log is written: a kill must show it. */
export const acknowledgeEarly: Scenario = {
  name: "teeth/acknowledge-early",
  kind: "teeth",
  cycles: 5,
  run: async (run) => {
    const program = await composedServer("acknowledge-early");
    return await mustFail(() => killLoop(run, { program }));
  },
};
