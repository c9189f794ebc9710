import { describe, expect, test } from "bun:test";
import { EntError, ERROR_REASONS, type ErrorCode, invalid } from "../base/errors.ts";
import type { JsonObject } from "../base/json.ts";
import { type HttpError, type HttpLog, toHttpError } from "./errors.ts";

const call = { requestId: "r-1", route: "GET /v1/nodes/:id" };

function converted(thrown: unknown): HttpError & { error: JsonObject; faults: unknown[] } {
  const faults: unknown[] = [];
  const log: HttpLog = { fault: (facts) => faults.push(facts) };
  const answer = toHttpError(thrown, call, log);
  return { ...answer, error: answer.body["error"] as JsonObject, faults };
}

describe("the map of errors", () => {
  const CODES: readonly [ErrorCode, number, string][] = [
    ["invalid_argument", 400, "INVALID_REQUEST"],
    ["out_of_range", 400, "INVALID_REQUEST"],
    ["unauthenticated", 401, "UNAUTHORIZED"],
    ["permission_denied", 403, "FORBIDDEN"],
    ["not_found", 404, "NOT_FOUND"],
    ["already_exists", 409, "CONFLICT"],
    ["aborted", 409, "CONFLICT"],
    ["failed_precondition", 409, "CONFLICT"],
    ["resource_exhausted", 429, "RATE_LIMITED"],
    ["canceled", 499, "INVALID_REQUEST"],
    ["internal", 500, "INTERNAL_ERROR"],
    ["unknown", 500, "INTERNAL_ERROR"],
    ["data_loss", 500, "INTERNAL_ERROR"],
    ["unimplemented", 501, "NOT_IMPLEMENTED"],
    ["unavailable", 503, "SERVICE_UNAVAILABLE"],
    ["deadline_exceeded", 503, "SERVICE_UNAVAILABLE"],
  ];
  test.each(CODES)("%s is %d %s", (code, status, name) => {
    const answer = converted(new EntError({ code, reason: "INTERNAL", message: "m" }));
    expect([answer.status, answer.error["code"]]).toEqual([status, name]);
  });

  test("a reason that says more than its code decides", () => {
    const answered = (code: ErrorCode, reason: EntError["reason"]) => {
      const { status, error } = converted(new EntError({ code, reason, message: "m" }));
      return [status, error["code"]];
    };
    expect(answered("invalid_argument", "FIELD_UNKNOWN")).toEqual([400, "VALIDATION_ERROR"]);
    expect(answered("failed_precondition", "EDGE_ENDS_MISMATCH")).toEqual([
      400,
      "VALIDATION_ERROR",
    ]);
    expect(answered("resource_exhausted", "MESSAGE_TOO_LARGE")).toEqual([413, "INVALID_REQUEST"]);
    expect(answered("resource_exhausted", "OVERLOADED")).toEqual([503, "SERVICE_UNAVAILABLE"]);
    expect(answered("unknown", "OUTCOME_UNKNOWN")).toEqual([503, "SERVICE_UNAVAILABLE"]);
    expect(answered("failed_precondition", "TENANT_HALTED")).toEqual([503, "SERVICE_UNAVAILABLE"]);
    expect(answered("failed_precondition", "QUERY_NEEDS_INDEX")).toEqual([400, "INVALID_REQUEST"]);
  });

  test("a fault of our own is none of the client's, whatever its reason", () => {
    const { status } = converted(
      new EntError({ code: "internal", reason: "INVALID_VALUE", message: "m" }),
    );
    expect(status).toBe(500);
  });

  test("every reason has an answer", () => {
    for (const reason of ERROR_REASONS) {
      const { status, error } = converted(
        new EntError({ code: "invalid_argument", reason, message: "m" }),
      );
      expect(status).toBeGreaterThanOrEqual(400);
      expect(error["reason"]).toBe(reason);
    }
  });
});

describe("the envelope", () => {
  test("carries what the error says, and the request id", () => {
    const thrown = new EntError({
      code: "aborted",
      reason: "VERSION_CONFLICT",
      message: "The node is at version 3.",
      hint: "Read it again.",
      details: { actual_version: "3" },
      retryable: true,
    });
    const { body, faults } = converted(thrown);
    expect(body).toEqual({
      error: {
        code: "CONFLICT",
        reason: "VERSION_CONFLICT",
        message: "The node is at version 3.",
        hint: "Read it again.",
        details: { actual_version: "3" },
        retryable: true,
        request_id: "r-1",
      },
    });
    expect(faults).toEqual([]);
  });

  test("without a hint has none", () => {
    expect(converted(invalid("INVALID_ID", "m")).error).not.toHaveProperty("hint");
  });

  test("is cut to a size, never inside a character", () => {
    const message = `${"a".repeat(2_046)}😀😀`;
    const { error } = converted(
      invalid("INVALID_ID", message, undefined, { long: "x".repeat(5_000) }),
    );
    const short = error["message"] as string;
    expect(short.length).toBeLessThanOrEqual(2_048);
    expect(short.isWellFormed()).toBe(true);
    expect((error["details"] as { long: string }).long.length).toBeLessThanOrEqual(1_024);
  });

  test("asks to come back only where that may help", () => {
    const retryable = (code: ErrorCode) =>
      converted(new EntError({ code, reason: "LOG_UNAVAILABLE", message: "m", retryable: true }));
    expect(retryable("unavailable").retryAfterSeconds).toBe(1);
    expect(retryable("aborted").retryAfterSeconds).toBeUndefined();
    const { retryAfterSeconds } = converted(
      new EntError({ code: "unavailable", reason: "LOG_UNAVAILABLE", message: "m" }),
    );
    expect(retryAfterSeconds).toBeUndefined();
  });
});

describe("what is no error of ours", () => {
  test.each([
    ["an error", new TypeError("SELECT * FROM secrets")],
    ["a string", "a string"],
    ["nothing", undefined],
    ["null", null],
  ])("%s is answered neutrally, and its cause logged once", (_what, thrown) => {
    const { status, body, reason, faults } = converted(thrown);
    expect([status, reason]).toEqual([500, "INTERNAL"]);
    expect(JSON.stringify(body)).not.toContain("secrets");
    expect(faults).toEqual([{ ...call, cause: thrown }]);
  });

  test("the cause of an error of ours is logged too, and not told", () => {
    const cause = new Error("disk /var/lib/x");
    const thrown = new EntError({
      code: "unavailable",
      reason: "LOG_UNAVAILABLE",
      message: "The log is not there.",
      cause,
    });
    const { body, faults } = converted(thrown);
    expect(faults).toEqual([{ ...call, cause }]);
    expect(JSON.stringify(body)).not.toContain("/var");
  });
});
