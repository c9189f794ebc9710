import { composedServer } from "../composed/composed-server.ts";
import { killDuring } from "../kills/at-a-call.ts";
import { archive } from "../kills/operations.ts";
import type { Scenario } from "../scenario.ts";
import { mustFail } from "./must-fail.ts";

/** The archive's position moves before the upload: a kill in between must show it. */
export const archivePositionEarly: Scenario = {
  name: "teeth/archive-position-early",
  kind: "teeth",
  cycles: 6,
  run: async (run) => {
    const program = await composedServer("archive-position-early");
    return await mustFail(() => killDuring(archive, run, { program }));
  },
};
