import { expect, test } from "bun:test";
import { buildNote } from "./build-note.ts";

test("a schema that is being applied is told with its step and its rows", () => {
  const build = {
    wal_position: "0:12",
    step: "indexes of node type 1 (User)",
    rows_done: 3,
    rows_total: 40,
  };
  expect(buildNote({ fingerprint: "sha256:x", build })).toBe(
    "the schema of record 0:12 is being applied: indexes of node type 1 (User), 3 of 40 rows",
  );
  expect(buildNote({ fingerprint: "sha256:x" })).toBeUndefined();
});
