import { composedServer } from "../composed/composed-server.ts";
import { killLoop } from "../kills/at-random.ts";
import type { Scenario } from "../scenario.ts";
import { mustFail } from "./must-fail.ts";

/** Forgets what its keys came to: asking again must show it. */
export const noDedupe: Scenario = {
  name: "teeth/no-dedupe",
  kind: "teeth",
  cycles: 3,
  run: async (run) => {
    const program = await composedServer("no-dedupe");
    return await mustFail(() => killLoop(run, { program }));
  },
};
