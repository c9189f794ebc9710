import { SeededRandom } from "../harness/seeded-random.ts";
import { temporaryDirectory } from "../harness/temporary-directory.ts";
import { History } from "./history.ts";
import { type FileSystem, LoopDevice, whyNoPowerCuts } from "./loop-device.ts";

const LOAD_MS_MAX = 120;
/** A fresh history from time to time, so that starts with an empty directory are hit as well. */
const CYCLES_PER_HISTORY = 50;

/** SIGKILL at random moments under sixteen writers on four tenants. Says what was checked. */
export async function killLoop(cycles: number, seed: number): Promise<string> {
  const random = new SeededRandom(seed);
  let checked = 0;
  for (let left = cycles; left > 0; left -= CYCLES_PER_HISTORY) {
    using directory = temporaryDirectory();
    const history = new History({
      cwd: directory.path,
      random,
      loadMsMax: LOAD_MS_MAX,
      fault: (server) => server.kill(),
    });
    for (let i = 0; i < Math.min(left, CYCLES_PER_HISTORY); i++) await history.cycle();
    await history.finish();
    checked += history.journal.answered().length;
  }
  return `${checked} transactions acknowledged, none lost, none twice`;
}

/**
 * The power goes while writers write: only what was synced is there afterwards. `under`
 * puts a program in front of the server.
 */
export async function powerCuts(
  cuts: number,
  fileSystem: FileSystem,
  seed: number,
  under: readonly string[] = [],
): Promise<string> {
  const obstacle = whyNoPowerCuts();
  if (obstacle !== undefined) throw new Error(`no power can be cut here: ${obstacle}`);
  using directory = temporaryDirectory();
  const device = LoopDevice.make(directory.path, fileSystem);
  try {
    const history = new History({
      cwd: device.mountPoint,
      random: new SeededRandom(seed),
      loadMsMax: LOAD_MS_MAX,
      under,
      fault: async (server) => {
        device.cutPower();
        await server.kill();
        device.unmount();
        device.mount();
      },
    });
    for (let i = 0; i < cuts; i++) await history.cycle();
    await history.finish();
    return `${history.journal.answered().length} transactions acknowledged, none lost, none twice`;
  } finally {
    device.dispose();
  }
}
