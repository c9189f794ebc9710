import { expect, test } from "bun:test";
import { timeOf } from "./time.ts";

test.each([
  ["1769860800000", "2026-01-31T12:00:00.000Z"],
  ["0", "1970-01-01T00:00:00.000Z"],
  ["2026-01-31", "2026-01-31T00:00:00.000Z"],
  ["2026-01-31T12:00:00Z", "2026-01-31T12:00:00.000Z"],
  ["2026-01-31T12:00:00.123Z", "2026-01-31T12:00:00.123Z"],
  ["2026-01-31 12:00Z", "2026-01-31T12:00:00.000Z"],
  ["2026-01-31T13:00:00+01:00", "2026-01-31T12:00:00.000Z"],
  ["2026-01-31T06:30-0530", "2026-01-31T12:00:00.000Z"],
])("%s is a time, wherever it is said", (text, time) => {
  expect(new Date(timeOf(text)).toISOString()).toBe(time);
});

test.each(["2026-01-31T12:00:00", "2026-01-31 12:00", "2026-01-31T12:00:00.5"])(
  "%s could be anywhere: its zone is asked for",
  (text) => {
    expect(() => timeOf(text)).toThrow(`Name its time zone: ${text}Z`);
  },
);

test.each([
  "Tuesday 14:30",
  "14:30",
  "yesterday",
  "",
  "-1",
  "1e3",
  "2026-13-01",
  "2026-01-31T25:00Z",
  "1".repeat(20),
])("%j is none", (text) => {
  expect(() => timeOf(text)).toThrow("2026-01-31T12:00:00Z");
});
