import { describe, expect, test } from "bun:test";
import {
  archivePrefix,
  dayBounds,
  dayOf,
  dayPrefix,
  isDay,
  parseSegmentKey,
  parseSnapshotId,
  segmentKey,
  snapshotId,
  snapshotKey,
  snapshotsPrefix,
} from "./keys.ts";

const TIME = Date.parse("2024-01-15T10:20:30.123Z");

describe("names of the archive", () => {
  test("are those of the documentation", () => {
    const name = { tenantId: "acme", day: dayOf(TIME), number: 1 };
    expect(segmentKey(name, "records")).toBe("archive/acme/2024-01-15/segment_000001.jsonl.gz");
    expect(segmentKey(name, "checksum")).toBe("archive/acme/2024-01-15/segment_000001.checksum");
    expect(segmentKey(name, "records").startsWith(dayPrefix("acme", name.day))).toBe(true);
    expect(dayPrefix("acme", name.day).startsWith(archivePrefix("acme"))).toBe(true);
  });

  test("are read as they were written, however many there are", () => {
    for (const number of [1, 999_999, 1_000_000, 12_345_678]) {
      for (const part of ["records", "checksum"] as const) {
        const name = { tenantId: "_system", day: "2024-02-29", number };
        expect(parseSegmentKey(segmentKey(name, part))).toEqual({ name, part });
      }
    }
  });

  test.each([
    "archive/acme/2024-01-15/segment_000000.checksum",
    "archive/acme/2024-01-15/segment_0000001.checksum",
    "archive/acme/2024-01-15/segment_00001.checksum",
    "archive/acme/2024-13-15/segment_000001.checksum",
    "archive/acme/2023-02-29/segment_000001.checksum",
    "archive/acme/2024-01-15/segment_000001.jsonl",
    "archive/acme/2024-01-15/x/segment_000001.checksum",
    "snapshots/acme/2024-01-15/segment_000001.checksum",
    "archive/2024-01-15/segment_000001.checksum",
  ])("%s is none of them", (key) => {
    expect(parseSegmentKey(key)).toBeUndefined();
  });

  test("a day is one of UTC, from its first millisecond to its last", () => {
    const { from, before } = dayBounds("2024-01-15");
    expect([dayOf(from), dayOf(before - 1), dayOf(before)]).toEqual([
      "2024-01-15",
      "2024-01-15",
      "2024-01-16",
    ]);
    expect([isDay("2024-02-29"), isDay("2023-02-29"), isDay("2024-1-1")]).toEqual([
      true,
      false,
      false,
    ]);
  });
});

describe("names of snapshots", () => {
  test("are those of the documentation", () => {
    expect(snapshotId(TIME)).toBe("snap_2024-01-15T10:20:30.123Z");
    expect(snapshotKey("acme", snapshotId(TIME), "manifest.json")).toBe(
      "snapshots/acme/snap_2024-01-15T10:20:30.123Z/manifest.json",
    );
    expect(snapshotsPrefix("acme")).toBe("snapshots/acme/");
  });

  test("are read with colons and with hyphens", () => {
    expect(parseSnapshotId("snap_2024-01-15T10:20:30.123Z")).toBe(TIME);
    expect(parseSnapshotId("snap_2024-01-15T10-20-30.123Z")).toBe(TIME);
    for (const id of ["snap_", "snap_2024-01-15", "snap_2024-01-15T25:00:00.000Z", "2024"]) {
      expect(parseSnapshotId(id)).toBeUndefined();
    }
  });
});
