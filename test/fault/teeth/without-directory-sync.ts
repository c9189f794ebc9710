import { simulatedCuts } from "../power-cuts/simulated.ts";
import type { Scenario } from "../scenario.ts";
import { mustFail } from "./must-fail.ts";

/**
 * Names of files are not synced. No power cut of a journalled file system shows it, because the
 * next sync of any file brings the names along; the simulated disk is as strict as the standard.
 */
export const withoutDirectorySync: Scenario = {
  name: "teeth/without-directory-sync",
  kind: "teeth",
  cycles: 20,
  run: (run) => mustFail(() => simulatedCuts(run, { ignoreDirectorySyncs: true })),
};
