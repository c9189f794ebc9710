import { damagedArchive, damagedSnapshots } from "./damage/backups.ts";
import { damagedLog } from "./damage/log-files.ts";
import { damagedViews } from "./damage/views.ts";
import { callsFail, syncFailsForEver, syncFailsOnce } from "./disk/failing-calls.ts";
import { fullDisk } from "./disk/full.ts";
import { shortWrites } from "./disk/short-writes.ts";
import { killsDuring } from "./kills/at-a-call.ts";
import { killsAtRandom } from "./kills/at-random.ts";
import { killsOfBank } from "./kills/bank.ts";
import { deleteTenant } from "./kills/delete-tenant.ts";
import { append, archive, checkpoint, roll, snapshot, trim } from "./kills/operations.ts";
import { killsWhileRestoring } from "./kills/while-restoring.ts";
import { killsWhileStarting } from "./kills/while-starting.ts";
import { powerCutsSimulated } from "./power-cuts/simulated.ts";
import { powerCutsExt4, powerCutsXfs } from "./power-cuts/under-load.ts";
import type { Scenario } from "./scenario.ts";
import { kafkaBroker, kafkaCluster } from "./services/kafka-histories.ts";
import { kinesis } from "./services/kinesis-histories.ts";
import { s3Histories } from "./services/s3-histories.ts";
import { acknowledgeEarly } from "./teeth/acknowledge-early.ts";
import { appendsForgotten } from "./teeth/appends-forgotten.ts";
import { archivePositionEarly } from "./teeth/archive-position-early.ts";
import { contentUnchecked } from "./teeth/content-unchecked.ts";
import { headsUnchecked } from "./teeth/heads-unchecked.ts";
import { noChecksums } from "./teeth/no-checksums.ts";
import { noDedupe } from "./teeth/no-dedupe.ts";
import { takenBack } from "./teeth/taken-back.ts";
import { withoutDirectorySync } from "./teeth/without-directory-sync.ts";
import { withoutSync } from "./teeth/without-sync.ts";

/** All of them, in the order in which they run. */
export const SCENARIOS: readonly Scenario[] = [
  powerCutsExt4,
  killsAtRandom,
  killsOfBank,
  powerCutsXfs,
  killsDuring(append, 18),
  killsDuring(roll, 12),
  killsDuring(checkpoint, 12),
  killsDuring(snapshot, 18),
  killsDuring(archive, 12),
  killsDuring(trim, 6),
  killsDuring(deleteTenant, 12),
  killsWhileStarting,
  killsWhileRestoring,
  powerCutsSimulated,
  fullDisk,
  syncFailsOnce,
  syncFailsForEver,
  callsFail,
  shortWrites,
  damagedLog,
  damagedViews,
  damagedSnapshots,
  damagedArchive,
  s3Histories,
  kafkaBroker,
  kafkaCluster,
  kinesis,
  withoutSync,
  withoutDirectorySync,
  acknowledgeEarly,
  noDedupe,
  noChecksums,
  archivePositionEarly,
  takenBack,
  headsUnchecked,
  contentUnchecked,
  appendsForgotten,
];
