import { expect, test } from "bun:test";
import type { JsonObject } from "../base/json.ts";
import { parseJson } from "../base/json.ts";
import {
  type Column,
  cellText,
  printable,
  renderRecord,
  renderRows,
  timeColumn,
} from "./format.ts";

const COLUMNS: readonly Column[] = ["id", "name"].map((name) => ({
  title: name,
  cell: (row) => row[name],
}));
const ROWS: readonly JsonObject[] = [
  { id: "nd_1", name: "Ada" },
  { id: "nd_22", name: "日本" },
];

test("a table lines its columns up by the width that a terminal shows", () => {
  expect(renderRows("table", ROWS, COLUMNS)).toBe("id     name\nnd_1   Ada\nnd_22  日本\n");
});

test("a table without rows still names its columns", () => {
  expect(renderRows("table", [], COLUMNS)).toBe("id  name\n");
});

test("json is one document, jsonl one line for each row and nothing for none", () => {
  expect(JSON.parse(renderRows("json", ROWS, COLUMNS))).toEqual(ROWS);
  expect(renderRows("jsonl", ROWS, COLUMNS)).toBe(
    '{"id":"nd_1","name":"Ada"}\n{"id":"nd_22","name":"日本"}\n',
  );
  expect(renderRows("jsonl", [], COLUMNS)).toBe("");
  expect(renderRows("json", [], COLUMNS)).toBe("[]\n");
});

test("integers beyond 2^53 come out as they went in", () => {
  const record = parseJson('{"n":9223372036854775807,"list":[-9223372036854775808]}') as JsonObject;
  expect(renderRecord("jsonl", record)).toBe(
    '{"n":9223372036854775807,"list":[-9223372036854775808]}\n',
  );
  expect(renderRecord("table", record)).toBe(
    "n     9223372036854775807\nlist  [-9223372036854775808]\n",
  );
});

test("a record's nested names are joined by dots", () => {
  expect(renderRecord("table", { id: "nd_1", payload: { name: "Ada", age: 36 }, empty: {} })).toBe(
    "id            nd_1\npayload.name  Ada\npayload.age   36\nempty         {}\n",
  );
});

test("stored text cannot steer the terminal it is shown on", () => {
  expect(printable("a\u001b[2Jb\nc\u009b31m\u202e")).toBe("a\\x1b[2Jb\\x0ac\\x9b31m\\u202e");
  expect(cellText("x\u0007")).toBe("x\\x07");
  expect(renderRecord("table", { "k\u001b": "v" })).toBe("k\\x1b  v\n");
});

test("absent, null and empty look different from text", () => {
  expect(cellText(undefined)).toBe("-");
  expect(cellText(null)).toBe("-");
  expect(cellText("")).toBe('""');
  expect(cellText(0)).toBe("0");
  expect(cellText(false)).toBe("false");
});

test("a table shows times as dates, and none where there is none", () => {
  const rows = [{ at: 1_800_000_000_000 }, { at: 0 }, {}];
  expect(renderRows("table", rows, [timeColumn("at")])).toBe(
    "at\n2027-01-15T08:00:00.000Z\n-\n-\n",
  );
  expect(renderRows("jsonl", rows.slice(0, 1), [timeColumn("at")])).toBe('{"at":1800000000000}\n');
});

test("members of a record that are named as times are dates for people, and numbers for programs", () => {
  const record = { id: "x", at: 1_800_000_000_000, count: 1_800_000_000_000, never: 0 };
  expect(renderRecord("table", record, ["at", "never", "absent"])).toBe(
    "id     x\nat     2027-01-15T08:00:00.000Z\ncount  1800000000000\nnever  -\n",
  );
  expect(JSON.parse(renderRecord("json", record, ["at", "never"]))).toEqual(record);
  expect(JSON.parse(renderRecord("jsonl", record, ["at", "never"]))).toEqual(record);
});
