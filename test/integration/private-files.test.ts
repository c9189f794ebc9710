/** Whatever is kept is its owner's alone, whoever else has an account on the machine. */
import { Database } from "bun:sqlite";
import { afterEach, beforeEach, expect, test } from "bun:test";
import { chmodSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { NO_MAIL } from "../../src/record/transaction.ts";
import { GRAPH_SCHEMA, USER } from "../harness/graph-schema.ts";
import { createNode } from "../harness/operations.ts";
import { TestPartition } from "../harness/partition.ts";

let partition: TestPartition;

beforeEach(async () => {
  partition = await TestPartition.open({ wal: "file" });
  const acme = partition.tenant("acme");
  await acme.register(GRAPH_SCHEMA);
  const recipients = ["user:bob"];
  await acme.one(
    createNode(USER, {}, { sharing: { grants: undefined, recipients, mail: NO_MAIL } }),
  );
});
afterEach(() => partition[Symbol.asyncDispose]());

/** What in the data directory others than its owner may use. */
function openToOthers(): string[] {
  const names = readdirSync(partition.dataDir, { recursive: true }).map(String);
  expect(names.filter((name) => /(canonical|mailbox)\.db$/.test(name)).length).toBe(3);
  return names.filter((name) => (statSync(join(partition.dataDir, name)).mode & 0o077) !== 0);
}

test("directories and files, those too that SQLite makes", () => {
  expect(openToOthers()).toEqual([]);
});

test("files that were left open to others are closed to them when they are opened", async () => {
  const canonical = join(partition.directoryOf("acme"), "canonical.db");
  const lock = join(partition.dataDir, "lock");
  await partition.restart({}, () => {
    // A reader that stays brings the files that a crash would leave beside it.
    new Database(canonical, { readwrite: true }).query("SELECT count(*) FROM nodes").get();
    for (const file of [canonical, `${canonical}-wal`, `${canonical}-shm`, lock]) {
      chmodSync(file, 0o644);
    }
  });
  await partition.tenant("acme").one(createNode(USER));
  expect(openToOthers()).toEqual([]);
});
