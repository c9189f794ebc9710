import { composedServer } from "../composed/composed-server.ts";
import { killLoop } from "../kills/at-random.ts";
import type { Scenario } from "../scenario.ts";

/** Every write and read of the log takes only a part of what it is given: nothing may come of it. */
export const shortWrites: Scenario = {
  name: "disk/short-writes",
  kind: "kills",
  cycles: 15,
  run: async (run) => await killLoop(run, { program: await composedServer("short-writes") }),
};
