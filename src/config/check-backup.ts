import { isEndpoint } from "./endpoint.ts";
import type { Config } from "./options.ts";
import type { Problem } from "./resolve.ts";

/** Lower-case letters, digits, dots and hyphens: what Amazon takes, and every other service. */
const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

type BackupConfig = Pick<
  Config,
  "backupDir" | "s3Bucket" | "snapshotBucket" | "s3Endpoint" | "s3AccessKeyId" | "s3SecretAccessKey"
>;

/** What is wrong in where archive and snapshots are kept. */
export function backupProblems(config: BackupConfig): Problem[] {
  const { backupDir, s3Bucket, snapshotBucket, s3Endpoint } = config;
  const problems = [
    ...bucketProblem("ENTDB_S3_BUCKET", s3Bucket),
    ...bucketProblem("ENTDB_SNAPSHOT_BUCKET", snapshotBucket),
  ];
  if (s3Bucket !== "" && backupDir !== "") {
    problems.push({
      name: "ENTDB_BACKUP_DIR",
      message: "and ENTDB_S3_BUCKET are both set: archive and snapshots are kept in one place",
    });
  }
  if (s3Endpoint !== "" && s3Bucket === "" && snapshotBucket === "") {
    problems.push({ name: "ENTDB_S3_BUCKET", message: "is not set, but ENTDB_S3_ENDPOINT is" });
  }
  if (s3Endpoint !== "" && !isEndpoint(s3Endpoint)) {
    problems.push({
      name: "ENTDB_S3_ENDPOINT",
      message: "must be an http or https address without a path and without a password in it",
    });
  }
  const { s3AccessKeyId, s3SecretAccessKey } = config;
  if ((s3AccessKeyId === "") !== (s3SecretAccessKey === "")) {
    const [set, missing] =
      s3AccessKeyId === ""
        ? ["ENTDB_S3_SECRET_ACCESS_KEY", "ENTDB_S3_ACCESS_KEY_ID"]
        : ["ENTDB_S3_ACCESS_KEY_ID", "ENTDB_S3_SECRET_ACCESS_KEY"];
    problems.push({ name: missing, message: `is not set, but ${set} is: give both or neither` });
  }
  return problems;
}

function bucketProblem(name: string, bucket: string): Problem[] {
  if (bucket === "" || BUCKET.test(bucket)) return [];
  const message =
    "must be the name of a bucket: 3 to 63 lower-case letters, digits, dots and hyphens";
  return [{ name, message }];
}
