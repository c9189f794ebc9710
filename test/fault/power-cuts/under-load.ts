import { temporaryDirectory } from "../../harness/temporary-directory.ts";
import { History, type HistoryOptions } from "../bed/history.ts";
import { type FileSystem, LoopDevice, whyNoLoopDevice } from "../bed/loop-device.ts";
import type { Scenario, ScenarioRun, Tally } from "../scenario.ts";

/** Each begins with an empty file system. */
const CUTS_PER_HISTORY = 13;
/** Every other history makes segments, checkpoints and archives, and trims, as fast as it can. */
const BUSY = {
  paddingBytes: 20 * 1024,
  env: { ENTDB_ARCHIVE_INTERVAL: "1s", ENTDB_CHECKPOINT_INTERVAL_MS: "100" },
};

/** The power goes while sixteen writers write: only what was synced is there afterwards. */
export const powerCutsExt4: Scenario = {
  name: "power-cuts/under-load-ext4",
  kind: "power cuts",
  cycles: 52,
  obstacle: () => whyNoLoopDevice("ext4"),
  run: (run) => powerCuts("ext4", run),
};

export const powerCutsXfs: Scenario = {
  name: "power-cuts/under-load-xfs",
  kind: "power cuts",
  cycles: 52,
  obstacle: () => whyNoLoopDevice("xfs"),
  run: (run) => powerCuts("xfs", run),
};

/** The same on other executables, or with other settings. */
export async function powerCuts(
  fileSystem: FileSystem,
  { cycles, random }: ScenarioRun,
  options: Partial<HistoryOptions> = {},
): Promise<Tally> {
  let acknowledged = 0;
  for (let left = cycles; left > 0; left -= CUTS_PER_HISTORY) {
    using directory = temporaryDirectory();
    using device = LoopDevice.make(directory.path, fileSystem);
    const pace = random.below(2) === 0 ? BUSY : {};
    const history = new History({ cwd: device.mountPoint, random, ...pace, ...options });
    for (let i = 0; i < Math.min(left, CUTS_PER_HISTORY); i++) {
      await history.cycle(async (server) => {
        device.cutPower();
        await server.kill();
        device.restorePower();
      });
    }
    await history.finish();
    acknowledged += history.acknowledged;
  }
  return { faults: cycles, acknowledged };
}
