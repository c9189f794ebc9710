/**
 * Archive and snapshots over a real S3 service behind a network that fails on purpose: answers
 * 500 and 503, no answer, one that is torn, slow or has another byte, and none after the object was
 * stored. The server is killed meanwhile. When the trouble is over the archive is whole, and
 * all that was acknowledged comes back out of the bucket alone.
 */
import { rmSync } from "node:fs";
import { runBinary } from "../../harness/binary.ts";
import type { SeededRandom } from "../../harness/seeded-random.ts";
import { temporaryDirectory } from "../../harness/temporary-directory.ts";
import {
  type Fault,
  type FaultyProxy,
  STORAGE_FAULTS,
  startFaultyProxy,
} from "../../services/faulty-proxy.ts";
import { startS3 } from "../../services/s3.ts";
import { checkArchive, untilArchived } from "../bed/archive.ts";
import { History, operationsOf } from "../bed/history.ts";
import { Violation } from "../bed/violation.ts";
import type { Scenario, ScenarioRun, Tally } from "../scenario.ts";

const CYCLES_PER_HISTORY = 4;
const BUCKET = "histories";
const FAULTS: readonly Fault[] = [...STORAGE_FAULTS, { kind: "slow", everyMs: 20 }];
const BAD = 0.3;
const ANSWERS = 30;
const BAD_MS_MAX = 2_500;

export const s3Histories: Scenario = {
  name: "services/s3",
  kind: "other faults",
  cycles: 8,
  needsService: true,
  run: badNetworks,
};

async function badNetworks({ cycles, random }: ScenarioRun): Promise<Tally> {
  let faults = 0;
  let acknowledged = 0;
  await using service = await startS3();
  await using proxy = await startFaultyProxy(service.endpoint);
  for (let begun = 0; begun < cycles; begun += CYCLES_PER_HISTORY) {
    using directory = temporaryDirectory();
    const bucket = `${BUCKET}-${begun}`;
    service.makeBucket(bucket);
    service.makeBucket(`${bucket}-restored`);
    const env = {
      ENTDB_S3_BUCKET: bucket,
      ENTDB_S3_ENDPOINT: proxy.url,
      ENTDB_S3_ACCESS_KEY_ID: service.accessKeyId,
      ENTDB_S3_SECRET_ACCESS_KEY: service.secretAccessKey,
      // Short, because of requests that are never answered.
      ENTDB_S3_TIMEOUT_MS: "2000",
      ENTDB_ARCHIVE_INTERVAL: "1s",
    };
    const history = new History({ cwd: directory.path, random, env });
    for (let cycle = begun; cycle < Math.min(begun + CYCLES_PER_HISTORY, cycles); cycle++) {
      faults += await oneBadTime(history, proxy, random);
    }
    await healed(history);
    await comesBack(history, `${bucket}-restored`);
    acknowledged += history.acknowledged;
  }
  return { faults, acknowledged };
}

/** Writes and snapshots while the network is bad, then a kill. How many requests met a fault. */
async function oneBadTime(
  history: History,
  proxy: FaultyProxy,
  random: SeededRandom,
): Promise<number> {
  await using server = await history.start();
  await history.check(server);
  let met = 0;
  proxy.fault = () => {
    if (random.float() >= BAD) return undefined;
    met += 1;
    return FAULTS[random.below(FAULTS.length)];
  };
  try {
    await history.underLoad(server, () => history.answers(server, ANSWERS));
    // It may fail, by name; what it leaves is looked at when the trouble is over.
    const snapshot = operationsOf(server).createSnapshot({}, { timeoutMs: BAD_MS_MAX });
    await Promise.race([snapshot.catch(() => undefined), Bun.sleep(random.below(BAD_MS_MAX))]);
    await Bun.sleep(random.below(BAD_MS_MAX));
    await server.kill();
  } finally {
    proxy.fault = () => undefined;
  }
  return met;
}

async function healed(history: History): Promise<void> {
  // Of a network that is well no request is given up, however busy the machine is.
  await using server = await history.start({ env: { ENTDB_S3_TIMEOUT_MS: "30000" } });
  await history.check(server);
  await untilArchived(server);
  await checkArchive(history, server);
  await operationsOf(server).createSnapshot({});
  await history.underLoad(server, () => history.answers(server, ANSWERS));
  await history.check(server);
  await untilArchived(server);
  await server.kill();
}

/** The data directory is lost; the bucket has it all. What comes of it is backed up elsewhere. */
async function comesBack(history: History, bucket: string): Promise<void> {
  const { cwd, dataDir, env } = history;
  rmSync(dataDir, { recursive: true });
  const args = ["restore", "--target-time", "latest", "--output-dir", dataDir];
  const { exitCode, stderr } = await runBinary(args, { cwd, env });
  if (exitCode !== 0) throw new Violation(`the restore ended with ${exitCode}: ${stderr}`);
  await using server = await history.start({ env: { ENTDB_S3_BUCKET: bucket } });
  await history.checkContent(server);
  await server.kill();
}
