import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { temporaryDirectory } from "../../test/harness/temporary-directory.ts";
import { systemClock } from "../base/clock.ts";
import { systemRandom } from "../base/random.ts";
import { loadConfig } from "../config/load.ts";
import { openBackupTargets } from "./targets.ts";

const machine = { clock: systemClock, random: systemRandom };

async function placesOf(environment: Record<string, string>) {
  const { config } = loadConfig({ environment });
  const targets = await openBackupTargets(config, machine);
  const { archive, snapshots } = targets;
  targets.close();
  return { archive: archive.place, snapshots: snapshots.place };
}

describe("where archive and snapshots are kept", () => {
  test("by default in the data directory; anywhere else when told so", async () => {
    using place = temporaryDirectory();
    const directory = join(place.path, "backup");
    const elsewhere = join(place.path, "elsewhere");
    expect(await placesOf({ ENTDB_DATA_DIR: place.path })).toEqual({
      archive: directory,
      snapshots: directory,
    });
    expect(await placesOf({ ENTDB_DATA_DIR: place.path, ENTDB_BACKUP_DIR: elsewhere })).toEqual({
      archive: elsewhere,
      snapshots: elsewhere,
    });
  });

  test("in a bucket, in two, or snapshots alone in one", async () => {
    using place = temporaryDirectory();
    const data = { ENTDB_DATA_DIR: place.path };
    const s3 = "s3://one-bucket";
    expect(await placesOf({ ...data, ENTDB_S3_BUCKET: "one-bucket" })).toEqual({
      archive: s3,
      snapshots: s3,
    });
    expect(
      await placesOf({ ...data, ENTDB_S3_BUCKET: "one-bucket", ENTDB_SNAPSHOT_BUCKET: "other" }),
    ).toEqual({ archive: s3, snapshots: "s3://other" });
    expect(await placesOf({ ...data, ENTDB_SNAPSHOT_BUCKET: "other" })).toEqual({
      archive: join(place.path, "backup"),
      snapshots: "s3://other",
    });
  });

  test.each([
    [{ ENTDB_S3_BUCKET: "Not_A_Bucket" }, "ENTDB_S3_BUCKET"],
    [{ ENTDB_SNAPSHOT_BUCKET: "s3://bucket" }, "ENTDB_SNAPSHOT_BUCKET"],
    [{ ENTDB_S3_ENDPOINT: "http://localhost:9000" }, "ENTDB_S3_BUCKET"],
    [{ ENTDB_S3_BUCKET: "bucket", ENTDB_S3_ENDPOINT: "localhost:9000" }, "ENTDB_S3_ENDPOINT"],
    [{ ENTDB_S3_BUCKET: "bucket", ENTDB_S3_ENDPOINT: "http://a:b@host" }, "ENTDB_S3_ENDPOINT"],
    [{ ENTDB_S3_BUCKET: "bucket", ENTDB_S3_ENDPOINT: "http://host/bucket" }, "ENTDB_S3_ENDPOINT"],
    [{ ENTDB_S3_BUCKET: "bucket", ENTDB_S3_ACCESS_KEY_ID: "x" }, "ENTDB_S3_SECRET_ACCESS_KEY"],
    [{ ENTDB_S3_BUCKET: "bucket", ENTDB_S3_SECRET_ACCESS_KEY: "x" }, "ENTDB_S3_ACCESS_KEY_ID"],
    [{ ENTDB_S3_BUCKET: "bucket", ENTDB_BACKUP_DIR: "/backup" }, "ENTDB_BACKUP_DIR"],
    [{ ENTDB_ARCHIVE_INTERVAL: "0s" }, "ENTDB_ARCHIVE_INTERVAL"],
    [{ ENTDB_ARCHIVE_RETENTION_DAYS: "-1" }, "ENTDB_ARCHIVE_RETENTION_DAYS"],
  ])("%o is refused, and %s is named", (environment, name) => {
    const load = () => loadConfig({ environment });
    expect(load).toThrow(expect.objectContaining({ reason: "CONFIG_INVALID" }));
    expect(load).toThrow(name);
  });

  test("the secret is never shown", () => {
    const environment = { ENTDB_S3_BUCKET: "Bad", ENTDB_S3_SECRET_ACCESS_KEY: "hush-hush" };
    expect(() => loadConfig({ environment })).not.toThrow("hush-hush");
  });
});
