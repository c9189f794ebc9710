/** What servers are killed in the middle of. Deleting a tenant and restoring have files of their own. */
import { checkArchive, untilArchived } from "../bed/archive.ts";
import { operationsOf } from "../bed/history.ts";
import { Violation } from "../bed/violation.ts";
import { eventually } from "../bed/within.ts";
import type { Operation } from "./operation.ts";

const TRIMMED_MS = 180_000;
const APPENDED = 40;
const CHECKPOINTS_MS = 400;

/** Sixteen writers, and nothing else. */
export const append: Operation = {
  name: "append",
  perform: ({ history, server }) => history.answers(server, APPENDED),
};

/** The first segment, of 1 MiB, comes to its end, and the third is made. */
export const roll: Operation = {
  name: "segment-roll",
  isFresh: true,
  settings: { paddingBytes: 40 * 1024 },
  perform: ({ history, server }) => history.answers(server, APPENDED),
};

export const checkpoint: Operation = {
  name: "checkpoint",
  settings: { env: { ENTDB_CHECKPOINT_INTERVAL_MS: "100" } },
  perform: async ({ server }) => {
    await Promise.race([Bun.sleep(CHECKPOINTS_MS), server.exited]);
  },
};

/** Segments are closed after a second, put, read back, and the position moves. */
export const archive: Operation = {
  name: "archive",
  settings: { env: { ENTDB_ARCHIVE_INTERVAL: "1s" } },
  perform: ({ server }) => untilArchived(server),
  settle: async ({ history, server }) => {
    await untilArchived(server);
    await checkArchive(history, server);
  },
};

/** The first segment goes, once it is full, archived and in the checkpoint. */
export const trim: Operation = {
  name: "trim",
  isFresh: true,
  settings: {
    paddingBytes: 40 * 1024,
    env: {
      ENTDB_LOG_TRIM: "true",
      ENTDB_ARCHIVE_INTERVAL: "1s",
      ENTDB_CHECKPOINT_INTERVAL_MS: "100",
    },
  },
  perform: async ({ server }) => {
    const operations = operationsOf(server);
    await eventually(TRIMMED_MS, "the log is trimmed", async () => {
      return (await operations.getLogPosition({})).startOffset > 0n;
    });
  },
};

/** Of all tenants and the catalog. */
export const snapshot: Operation = {
  name: "snapshot",
  perform: async ({ server }) => {
    await operationsOf(server).createSnapshot({});
  },
  settle: async ({ server }) => {
    const operations = operationsOf(server);
    const { snapshots: made } = await operations.createSnapshot({});
    for (const { tenantId, snapshotId } of made) {
      const { snapshots } = await operations.listSnapshots({ tenantId });
      if (!snapshots.some((listed) => listed.snapshotId === snapshotId)) {
        throw new Violation(`${tenantId}: ${snapshotId} was made and is not listed`);
      }
    }
  },
};
