/**
 * Archive and snapshots: where they are kept and for how long, a part of the table of all
 * settings (`options.ts`).
 */
import { limits } from "../base/limits.ts";
import { option } from "./option.ts";
import { boolean, duration, integer, text } from "./parse.ts";

const SECOND_MS = 1_000;
const HOUR_MS = 3_600 * SECOND_MS;

export const BACKUP_OPTIONS = {
  backupDir: option({
    group: "backup",
    parser: text,
    default: "",
    sentence:
      "Directory of archive and snapshots where no bucket is named; by default `backup` in the data directory.",
  }),
  s3Bucket: option({
    group: "backup",
    parser: text,
    default: "",
    sentence: "Bucket of archive and snapshots, on any service that speaks S3; it must exist.",
  }),
  snapshotBucket: option({
    group: "backup",
    parser: text,
    default: "",
    sentence: "Bucket of snapshots, where it is another one than `s3_bucket`.",
  }),
  s3Endpoint: option({
    group: "backup",
    parser: text,
    default: "",
    sentence:
      "Address of the service, such as `https://minio.example:9000`; without it Amazon's in the region.",
  }),
  s3Region: option({
    group: "backup",
    parser: text,
    default: "us-east-1",
    sentence: "Region of the bucket; most services other than Amazon's take any.",
  }),
  s3AccessKeyId: option({
    group: "backup",
    parser: text,
    default: "",
    sentence:
      "Access key for the bucket; without it what the platform gives, such as the role of the machine.",
  }),
  s3SecretAccessKey: option({
    group: "backup",
    parser: text,
    default: "",
    secret: true,
    sentence: "The secret of the access key.",
  }),
  s3TimeoutMs: option({
    group: "backup",
    parser: integer(100, HOUR_MS),
    default: limits.s3TimeoutMs,
    sentence: "Longest that one request to the bucket may take, in milliseconds.",
  }),
  archiveEnabled: option({
    group: "backup",
    parser: boolean,
    default: true,
    sentence:
      "Whether every record is archived, so that a lost disk or a mistake can be undone; without it the log is never trimmed.",
  }),
  logTrim: option({
    group: "backup",
    parser: boolean,
    default: true,
    sentence:
      "Whether segments of the log go once they are archived, read back and in the views' checkpoint; a lost view is then made again from the archive.",
  }),
  archiveInterval: option({
    group: "backup",
    parser: duration(SECOND_MS, HOUR_MS),
    default: limits.archiveIntervalMs,
    sentence:
      "How long a record may wait for its archive: what may be lost with the disk, if the log is on it.",
  }),
  archiveRetentionDays: option({
    group: "backup",
    parser: integer(0, 100_000),
    default: limits.archiveRetentionDays,
    sentence:
      "Days that archived records are kept, longer where no snapshot makes them unnecessary; 0: for ever.",
  }),
  snapshotEnabled: option({
    group: "backup",
    parser: boolean,
    default: true,
    sentence: "Whether snapshots are taken by themselves; on demand they are taken all the same.",
  }),
  snapshotInterval: option({
    group: "backup",
    parser: duration(60 * SECOND_MS, 31 * 24 * HOUR_MS),
    default: limits.snapshotIntervalMs,
    sentence: "Time between two rounds of snapshots; a tenant that did not change is passed over.",
  }),
  snapshotRetentionDays: option({
    group: "backup",
    parser: integer(0, 100_000),
    default: limits.snapshotRetentionDays,
    sentence:
      "Days that snapshots are kept; 0: for ever. Every tenant keeps its newest, however old it is.",
  }),
} as const;
