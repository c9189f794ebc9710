import { whyNoLoopDevice } from "../bed/loop-device.ts";
import { CALLS } from "../bed/strace.ts";
import { powerCuts } from "../power-cuts/under-load.ts";
import type { Scenario } from "../scenario.ts";
import { mustFail } from "./must-fail.ts";

/** `fdatasync` and `fsync` answer success and do nothing: a power cut must show it. */
export const withoutSync: Scenario = {
  name: "teeth/without-sync",
  kind: "teeth",
  cycles: 5,
  obstacle: () => whyNoLoopDevice("ext4"),
  run: (run) => mustFail(() => powerCuts("ext4", run, { under: UNDER })),
};

const UNDER = [
  ...["strace", "-D", "-f", "-qq", "-o", "/dev/null"],
  ...["-e", `trace=${CALLS.fdatasync}`, "-e", `inject=${CALLS.fdatasync}:retval=0`],
];
