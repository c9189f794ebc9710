import { describe, expect, test } from "bun:test";
import { bytesOf, hexOf, readGolden } from "../../test/harness/golden.ts";
import { MalformedBytesError } from "../base/bytes.ts";
import type { Outcome } from "./outcome.ts";
import { decodeOutcome, encodeDecision, encodeWording } from "./outcome-codec.ts";

interface Vector {
  readonly name: string;
  readonly outcome: Outcome;
  readonly decision: string;
  readonly wording: string | null;
}

const { vectors } = readGolden<{ readonly vectors: readonly Vector[] }>("outcomes.json");

describe("golden outcomes", () => {
  test.each(vectors.map((vector) => [vector.name, vector] as const))("%s", (_name, vector) => {
    const { outcome, decision, wording } = vector;
    expect(hexOf(encodeDecision(outcome))).toBe(decision);
    expect(encodeWording(outcome)).toBe(wording);
    expect(decodeOutcome(bytesOf(decision), wording)).toEqual(outcome);
  });

  test("by hand: version, state, then results with what they have, or code, reason, details by name", () => {
    const applied: Outcome = {
      state: "applied",
      results: [
        { nodeId: "n", edgeId: "", version: 300, created: true },
        { nodeId: "", edgeId: "e", version: 0, created: false },
        { nodeId: "", edgeId: "", version: 0, created: true },
      ],
      schemaDifferences: [],
    };
    expect(hexOf(encodeDecision(applied))).toBe("010103" + "05016eac02" + "02016500" + "0400");
    const rejected: Outcome = {
      state: "rejected",
      code: "aborted",
      reason: "INTERNAL",
      message: "m",
      hint: "h",
      details: { b: "2", a: "1" },
    };
    expect(hexOf(encodeDecision(rejected))).toBe(
      ["0102", "0761626f72746564", "08494e5445524e414c", "02", "01610131", "01620132"].join(""),
    );
  });
});

describe("wording", () => {
  const rejected: Outcome = {
    state: "rejected",
    code: "not_found",
    reason: "NODE_NOT_FOUND",
    message: "There is none.",
    hint: "Look elsewhere.",
    details: {},
  };

  test("is no part of the decision", () => {
    const other = { ...rejected, message: "Better put.", hint: "" };
    expect(encodeDecision(other)).toEqual(encodeDecision(rejected));
  });

  test("that is missing leaves a rejection a sentence", () => {
    const decoded = decodeOutcome(encodeDecision(rejected), null);
    expect(decoded).toMatchObject({ reason: "NODE_NOT_FOUND", hint: "" });
    expect((decoded as typeof rejected).message).not.toBe("");
  });
});

describe("bytes that are no decision", () => {
  test.each(["", "00", "01", "0100", "0103", "0201", "010101", "010101ff", "0102ff"])(
    "%p",
    (hex) => {
      expect(() => decodeOutcome(bytesOf(hex), null)).toThrow(MalformedBytesError);
    },
  );
});
