import { describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { schemaOf, thingWith } from "../../test/harness/schemas.ts";
import { type JsonObject, parseJson } from "../base/json.ts";
import { fingerprintOf } from "./fingerprint.ts";

const golden = parseJson(
  readFileSync(new URL("../../test/golden/fingerprints.json", import.meta.url), "utf8"),
  { keepSources: true },
) as JsonObject;
const vectors = golden["vectors"] as readonly JsonObject[];

describe("golden fingerprints", () => {
  test.each(vectors.map((vector) => [String(vector["name"]), vector] as const))(
    "%s",
    (_name, vector) => {
      const canonical = String(vector["canonical"]);
      const hash = createHash("sha256").update(canonical).digest("hex");
      expect(vector["fingerprint"]).toBe(`sha256:${hash}`);
      expect(fingerprintOf(schemaOf(vector["schema"] ?? null))).toBe(`sha256:${hash}`);
    },
  );

  test("the canonical form is JSON with sorted members and no spaces", () => {
    for (const vector of vectors) {
      const canonical = String(vector["canonical"]);
      expect(JSON.stringify(JSON.parse(canonical))).toBe(canonical);
    }
  });
});

describe("what changes a fingerprint", () => {
  const base = { field_id: 1, name: "a", kind: "str" };
  const of = (field: JsonObject) => fingerprintOf(thingWith(field));

  test.each([
    { required: true },
    { default: "" },
    { deprecated: true },
    { unique: true },
    { indexed: true },
    { searchable: true },
    { kind: "int" },
    { field_id: 2 },
  ])("%j does", (change) => {
    expect(of({ ...base, ...change } as JsonObject)).not.toBe(of(base));
  });

  test.each([{ name: "b" }, { description: "x" }])("%j does not", (change) => {
    expect(of({ ...base, ...change } as JsonObject)).toBe(of(base));
  });

  test("an enum's names do not, their number does", () => {
    const values = (...enum_values: string[]) => of({ ...base, kind: "enum", enum_values });
    expect(values("a", "b")).toBe(values("c", "d"));
    expect(values("a", "b")).not.toBe(values("a", "b", "c"));
  });
});
