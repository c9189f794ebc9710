import { composedServer } from "../composed/composed-server.ts";
import { damageLog } from "../damage/log-files.ts";
import type { Scenario } from "../scenario.ts";
import { mustFail } from "./must-fail.ts";

/** Sums are not looked at: a damaged log must show it. */
export const noChecksums: Scenario = {
  name: "teeth/no-checksums",
  kind: "teeth",
  cycles: 40,
  run: async (run) => {
    const program = await composedServer("no-checksums");
    return await mustFail(() => damageLog(run, { program }));
  },
};
