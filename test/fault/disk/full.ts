import { closeSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { temporaryDirectory } from "../../harness/temporary-directory.ts";
import { clientOf, History } from "../bed/history.ts";
import { LoopDevice, whyNoLoopDevice } from "../bed/loop-device.ts";
import { expectReads, untilMailboxes, untilWritable } from "../bed/writable.ts";
import type { Scenario, ScenarioRun, Tally } from "../scenario.ts";

const MiB = 1024 * 1024;
/** Room for everything that writers of a quick machine write after the space has returned. */
const DEVICE_BYTES = 512 * MiB;
/** A few rounds of sixteen writers fill a segment, so that the log meets it too. */
const PADDING_BYTES = 200 * 1024;
const ROUNDS_WHILE_FULL = 2;
const SETTINGS = {
  ENTDB_ARCHIVE_INTERVAL: "1s",
  ENTDB_CHECKPOINT_INTERVAL_MS: "200",
  // Of a tenant whose file cannot grow: durable, and not applied for as long as that lasts.
  ENTDB_DEADLINE_MS: "8000",
};

/**
 * The disk becomes full under load, to the last block: views, log, archive and checkpoints all meet
 * it. Reads go on, and when space returns so do writes, without a restart.
 */
export const fullDisk: Scenario = {
  name: "disk/full",
  kind: "other faults",
  cycles: 3,
  obstacle: () => whyNoLoopDevice("ext4"),
  run: fillAndFree,
};

async function fillAndFree({ cycles, random }: ScenarioRun): Promise<Tally> {
  let acknowledged = 0;
  for (let cycle = 0; cycle < cycles; cycle++) {
    using directory = temporaryDirectory();
    using device = LoopDevice.make(directory.path, "ext4", DEVICE_BYTES);
    const settings = { env: SETTINGS, paddingBytes: PADDING_BYTES };
    const history = new History({ cwd: device.mountPoint, random, ...settings });
    const filler = join(device.mountPoint, "filler");
    {
      await using server = await history.start();
      await history.check(server);
      const rpc = clientOf(server);
      await history.underLoad(server, async () => {
        await history.moment();
        fill(filler);
        await history.moment();
      });
      for (let round = 0; round < ROUNDS_WHILE_FULL; round++) {
        await history.underLoad(server, () => history.moment());
        fill(filler);
        await expectReads(rpc, history.journal);
      }
      rmSync(filler);
      await untilWritable(rpc);
      // They are tried again by themselves too, up to five seconds later.
      await untilMailboxes(rpc);
      await history.check(server);
      await history.underLoad(server, async () => {
        await history.moment();
        await server.kill();
      });
    }
    await history.finish();
    acknowledged += history.acknowledged;
  }
  return { faults: cycles, acknowledged };
}

/** Until not a block is left. What is freed meanwhile is taken the next time. */
function fill(file: string): void {
  const handle = openSync(file, "a");
  try {
    const chunk = Buffer.alloc(MiB, 1);
    for (let size = chunk.length; size >= 512; ) {
      try {
        if (writeSync(handle, chunk, 0, size) < size) size >>= 1;
      } catch {
        size >>= 1;
      }
    }
  } finally {
    closeSync(handle);
  }
}
