/**
 * Every reason is met by a test that expects it. Those that clients meet since tenants, access,
 * schemas and mailboxes are shared are expected of the engine, a face, the whole program or a
 * real part beside it, not of a function alone. What a reason means and what to do is held in reference.test.ts.
 */
import { describe, expect, test } from "bun:test";
import { ERROR_REASONS, type ErrorReason } from "../src/base/errors.ts";
import { readSources, type Source } from "./tidy/source.ts";

/** The reasons from this one on came with access, schema evolution, mailboxes and watching. */
const SHARED = ERROR_REASONS.slice(ERROR_REASONS.indexOf("INVALID_PRINCIPAL"));

/** Tests, and what tests are made of. A list of reasons for its own sake expects none of them. */
const tests = readSources().filter(
  ({ path }) =>
    (path.startsWith("test/") || (path.startsWith("src/") && path.endsWith(".test.ts"))) &&
    path !== "test/reasons.test.ts",
);
/** Tests of the archive run a whole archiver over a real log. */
const throughTheProduct = tests.filter(({ path }) =>
  /^(test\/(integration|e2e|harness|contract|services)|src\/backup)\//.test(path),
);

function expecting(reason: ErrorReason, among: readonly Source[]): string[] {
  const quoted = new RegExp(`["'\`]${reason}["'\`]`);
  return among.filter(({ uncommented }) => quoted.test(uncommented)).map(({ path }) => path);
}

describe("a test expects", () => {
  test.each(ERROR_REASONS.map((reason) => [reason]))("%s", (reason) => {
    expect(expecting(reason, tests)).not.toEqual([]);
  });
});

describe("a test of the engine, a face or the program expects", () => {
  test.each(SHARED.map((reason) => [reason]))("%s", (reason) => {
    expect(expecting(reason, throughTheProduct)).not.toEqual([]);
  });
});
