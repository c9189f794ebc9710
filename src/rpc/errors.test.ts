import { describe, expect, test } from "bun:test";
import { Code } from "@connectrpc/connect";
import { setTrailerStatus } from "@connectrpc/connect/protocol-grpc";
import { ErrorReason } from "../../gen/entdb/v1/errors_pb.ts";
import {
  BadRequestSchema,
  ErrorInfoSchema,
  RetryInfoSchema,
} from "../../gen/google/rpc/error_details_pb.ts";
import { EntError, ERROR_REASONS } from "../base/errors.ts";
import { toWireError } from "./errors.ts";

const CALL = { requestId: "r-1", rpc: "entdb.v1.EntDBService/GetNode" };

function mapped(thrown: unknown) {
  const faults: { requestId: string; rpc: string; cause: unknown }[] = [];
  const { error, reason } = toWireError(thrown, CALL, { fault: (facts) => faults.push(facts) });
  return { error, reason, faults, info: error.findDetails(ErrorInfoSchema)[0] };
}

describe("errors on the wire", () => {
  test("carry code, sentence, reason, facts, hint and request id", () => {
    const { error, reason, info, faults } = mapped(
      new EntError({
        code: "failed_precondition",
        reason: "VERSION_CONFLICT",
        message: "The node is at version 3.",
        hint: "Read it again.",
        details: { actual_version: "3", field: "operations[1].update_node" },
        retryable: true,
      }),
    );
    expect(error.code).toBe(Code.FailedPrecondition);
    expect(error.rawMessage).toBe("The node is at version 3.");
    expect(reason).toBe("VERSION_CONFLICT");
    expect(info?.domain).toBe("entdb");
    expect(info?.metadata).toEqual({
      actual_version: "3",
      field: "operations[1].update_node",
      hint: "Read it again.",
      request_id: "r-1",
    });
    expect(error.findDetails(BadRequestSchema)[0]?.fieldViolations[0]).toMatchObject({
      field: "operations[1].update_node",
      description: "The node is at version 3.",
    });
    expect(error.findDetails(RetryInfoSchema)[0]?.retryDelay?.nanos).toBeGreaterThan(0);
    expect(faults).toEqual([]);
  });

  test("know every reason by the proto's name for it", () => {
    const inProto = Object.keys(ErrorReason).filter((name) => !/^\d+$/.test(name));
    expect(inProto).toEqual(["UNSPECIFIED", ...ERROR_REASONS]);
  });

  test("hide what is not ours behind INTERNAL, and log its cause once", () => {
    for (const thrown of [new TypeError("/secret/path"), "text", undefined, { odd: true }]) {
      const { error, reason, info, faults } = mapped(thrown);
      expect([error.code, reason, info?.reason]).toEqual([Code.Internal, "INTERNAL", "INTERNAL"]);
      expect(JSON.stringify([error.message, info])).not.toContain("secret");
      expect(faults).toEqual([{ ...CALL, cause: thrown }]);
    }
  });

  test("log the cause behind one of ours, and do not send it", () => {
    const cause = new Error("EIO /secret");
    const init = {
      code: "unavailable",
      reason: "LOG_UNAVAILABLE",
      message: "Later.",
      cause,
    } as const;
    const { error, faults } = mapped(new EntError(init));
    expect(faults).toEqual([{ ...CALL, cause }]);
    expect(JSON.stringify(error.findDetails(ErrorInfoSchema))).not.toContain("secret");
  });

  test("fit into the headers that gRPC clients take, whatever was in the request", () => {
    const long = "ü".repeat(100_000);
    const details = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`fact_${i}`, long]));
    const { error } = mapped(
      new EntError({
        code: "invalid_argument",
        reason: "INVALID_VALUE",
        message: `${long}\ud800`,
        hint: long,
        details: { field: long, ...details },
      }),
    );
    const trailer = setTrailerStatus(new Headers(), error);
    const bytes = [...trailer].reduce((sum, [name, value]) => sum + name.length + value.length, 0);
    expect(bytes).toBeLessThan(8 * 1024);
    expect(error.rawMessage.isWellFormed()).toBe(true);
    expect(error.rawMessage).toEndWith("…");
  });
});
