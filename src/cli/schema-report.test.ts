import { expect, test } from "bun:test";
import { keptLines, reportText, reportToJson, type SchemaReport } from "./schema-report.ts";

const REPORT: SchemaReport = {
  changes: [
    {
      change: "field_added",
      path: "node type 1 (A) field 2 (b)",
      compatibility: "safe",
      message: "It is added.",
      hint: "",
    },
    {
      change: "unique_added",
      path: "node type 1 (A) field 1 (a)",
      compatibility: "data_dependent",
      message: "It becomes unique, unless two nodes hold the same value.",
      hint: "",
    },
    {
      change: "field_removed",
      path: "node type 1 (A) field 3 (c)",
      compatibility: "breaking",
      message: "It is removed, and its id is not reserved.",
      hint: "Keep it.",
    },
    {
      change: "unique_key_removed",
      path: "node type 1 (A) unique key 1 (k)",
      compatibility: "safe",
      message: "It is removed.",
      hint: "",
    },
  ],
  differences: [],
  fingerprintNow: "sha256:a",
  fingerprintThen: "sha256:b",
};

test("a report tells what is new, what goes, what becomes otherwise and what is breaking", () => {
  expect(reportText(REPORT)).toBe(`\
+ node type 1 (A) field 2 (b): It is added
~ node type 1 (A) field 1 (a): It becomes unique, unless two nodes hold the same value [decided by the data]
! node type 1 (A) field 3 (c): It is removed, and its id is not reserved
    hint: Keep it.
- node type 1 (A) unique key 1 (k): It is removed
4 changes: 2 safe, 1 decided by the data, 1 breaking.
fingerprint sha256:a
         -> sha256:b
`);
});

test("nothing changed is said so", () => {
  const fingerprints = { fingerprintNow: "sha256:a", fingerprintThen: "sha256:a" };
  const same = { changes: [], differences: [], ...fingerprints };
  expect(reportText(same)).toBe("No changes.\nfingerprint sha256:a\n");
  expect(reportToJson(same)).toEqual({
    compatible: true,
    changes: [],
    differences: [],
    fingerprint_now: "sha256:a",
    fingerprint_then: "sha256:a",
  });
});

test("for programs it is what REST answers", () => {
  const json = reportToJson(REPORT);
  expect(json["compatible"]).toBe(false);
  expect(json["changes"]).toHaveLength(4);
  expect(json["changes"]).toContainEqual(REPORT.changes[2] as never);
  expect(JSON.stringify(json)).not.toContain('"hint":""');
});

test("what a schema says cannot steer a terminal", () => {
  const [change] = REPORT.changes;
  const evil = { ...REPORT, changes: [{ ...change, message: "\u001b[2Jx" } as never] };
  expect(reportText(evil)).not.toContain("\u001b");
});

test("where a merge leaves the tenant's definition as it is has a line of its own", () => {
  const path = "node type 1 (A) field 2 (b): unique";
  const differences = [{ path, kept: "false", sent: "true" }];
  const line = "= node type 1 (A) field 2 (b): unique: stays false, not true";
  expect(keptLines(differences)).toEqual([line]);
  const report = { ...REPORT, changes: [], differences };
  expect(reportText(report)).toStartWith(`${line}\nNo changes.\n`);
  expect(reportToJson(report)["differences"]).toEqual(differences);
});
