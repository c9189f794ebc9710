/**
 * Calls that fail: a sync once or for as long as it lasts, and any call that the disk may refuse.
 * The server lives on: it refuses by name what it cannot keep, reads go on, it heals by itself
 * when the disk does; then the power goes, because what a failed sync left behind is only there
 * as long as the page cache is.
 */
import { StartRefused } from "../../harness/binary.ts";
import type { SeededRandom } from "../../harness/seeded-random.ts";
import { temporaryDirectory } from "../../harness/temporary-directory.ts";
import type { Rpc } from "../../harness/wire.ts";
import { clientOf, History } from "../bed/history.ts";
import type { Journal } from "../bed/journal.ts";
import { LoopDevice, whyNoLoopDevice } from "../bed/loop-device.ts";
import { attach, type Call, type Injection, underStrace, whyNoStrace } from "../bed/strace.ts";
import { Violation } from "../bed/violation.ts";
import {
  expectReads,
  expectWritesRefused,
  untilMailboxes,
  untilWritable,
} from "../bed/writable.ts";
import type { Scenario, ScenarioRun, Tally } from "../scenario.ts";

const obstacle = () => whyNoStrace() ?? whyNoLoopDevice("ext4");
const ANY_CALLS: readonly Call[] = ["pwrite64", "fdatasync", "rename", "unlink", "ftruncate"];
const ANY_ERRORS = ["EIO", "ENOSPC", "EROFS", "EDQUOT"] as const;
const FURTHEST = 8;

/** The next sync of every thread fails, and the one after it succeeds, as the kernel does it. */
export const syncFailsOnce: Scenario = {
  name: "disk/sync-fails-once",
  kind: "other faults",
  cycles: 8,
  obstacle,
  run: (run) => failing(run, { injection: () => ONCE, meanwhile: expectReads }),
};

/** No sync succeeds until the disk is mended; a start on such a disk ends with the reason. */
export const syncFailsForEver: Scenario = {
  name: "disk/sync-fails-for-ever",
  kind: "other faults",
  cycles: 6,
  obstacle,
  run: (run) =>
    failing(run, {
      injection: () => FOR_EVER,
      meanwhile: async (rpc, journal) => {
        await expectWritesRefused(rpc);
        await expectReads(rpc, journal);
      },
      afterwards: expectStartRefused,
    }),
};

/** Any call that changes files fails at its Nth time, or from then on, with any error. */
export const callsFail: Scenario = {
  name: "disk/calls-fail",
  kind: "other faults",
  cycles: 20,
  obstacle,
  run: (run) => failing(run, { injection: anyFailure, meanwhile: expectReads }),
};

const ONCE: Injection = { call: "fdatasync", what: "error=EIO:when=1" };
const FOR_EVER: Injection = { call: "fdatasync", what: "error=EIO:when=1+" };

/**
 * A view whose sync fails is not read before it is made again, and a checkpoint syncs views: on a
 * busy machine one would come while it fails, and reads would rightly not go on.
 */
const NO_CHECKPOINTS = { ENTDB_CHECKPOINT_INTERVAL_MS: "86400000" };

/** Each failure seals a segment, and what verifies replays everything beside it. */
const DEVICE_BYTES = 1024 * 1024 * 1024;

interface Failing {
  /** What fails in the next cycle. */
  readonly injection: (random: SeededRandom) => Injection;
  /** Looked at while it fails. */
  readonly meanwhile: (rpc: Rpc, journal: Journal) => Promise<void>;
  /** Looked at when the server is gone. */
  readonly afterwards?: (history: History, failure: Injection) => Promise<void>;
}

async function failing({ cycles, random }: ScenarioRun, how: Failing): Promise<Tally> {
  using directory = temporaryDirectory();
  using device = LoopDevice.make(directory.path, "ext4", DEVICE_BYTES);
  const history = new History({ cwd: device.mountPoint, random, env: NO_CHECKPOINTS });
  for (let cycle = 0; cycle < cycles; cycle++) {
    const failure = how.injection(random);
    try {
      await oneFailure(history, device, failure, how);
      await how.afterwards?.(history, failure);
    } catch (error) {
      const { call, what } = failure;
      throw new Violation(`${call}, ${what}: ${(error as Error).message}`, { cause: error });
    }
  }
  await history.finish();
  return { faults: cycles, acknowledged: history.acknowledged };
}

async function oneFailure(
  history: History,
  device: LoopDevice,
  failure: Injection,
  { meanwhile }: Failing,
): Promise<void> {
  await using server = await history.start();
  await history.check(server);
  const rpc = clientOf(server);
  await history.underLoad(server, async () => {
    await history.moment();
    await using _ = await attach(server, failure);
    await history.moment();
    await meanwhile(rpc, history.journal);
  });
  await untilWritable(rpc);
  // They are tried again by themselves too, up to five seconds later.
  await untilMailboxes(rpc);
  await history.check(server);
  await history.underLoad(server, async () => {
    await history.moment();
    device.cutPower();
    await server.kill();
  });
  device.restorePower();
}

/** On a disk where calls fail from the beginning. */
async function expectStartRefused(history: History, failure: Injection): Promise<void> {
  try {
    await using server = await history.start({ under: underStrace(failure) });
    await server.kill();
  } catch (error) {
    if (error instanceof StartRefused && error.reason !== "") return;
    throw error;
  }
  throw new Violation("a server starts on a disk that cannot sync");
}

function anyFailure(random: SeededRandom): Injection {
  const call = ANY_CALLS[random.below(ANY_CALLS.length)] as Call;
  const error = ANY_ERRORS[random.below(ANY_ERRORS.length)] as string;
  const n = 1 + random.below(FURTHEST);
  return { call, what: `error=${error}:when=${n}${random.below(2) === 0 ? "+" : ""}` };
}
