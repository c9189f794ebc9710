import { describe, expect, test } from "bun:test";
import { create } from "@bufbuild/protobuf";
import { RequestContextSchema } from "../../../gen/entdb/v1/model_pb.ts";
import { refusal } from "../../../test/harness/refusal.ts";
import { SeededRandom } from "../../../test/harness/seeded-random.ts";
import { TRUSTED } from "../../access/identity.ts";
import { RequestIds } from "../../face/request-id.ts";
import { dropUnsettableTimeout, TIMER_MS_MAX, timeoutMs } from "./deadline.ts";
import { callerOf } from "./identity.ts";
import { InFlight } from "./in-flight.ts";

describe("request ids", () => {
  test("are the client's own where they are harmless, and otherwise ours, each another", () => {
    const ids = new RequestIds(new SeededRandom(1));
    for (const fine of ["a", "7f", "A-1.b_c", "x".repeat(64)]) expect(ids.of(fine)).toBe(fine);
    const refused = [undefined, "", "-a", "a b", "a\r\nb", "ü", "x".repeat(65), "<a>"];
    const made = refused.map((proposed) => ids.of(proposed));
    expect(new Set(made).size).toBe(refused.length);
    for (const id of made) expect(id).toMatch(/^[0-9a-f]{20}-[0-9a-z]+$/);
  });
});

describe("deadlines", () => {
  const grpc = (text: string | undefined, cap = 60_000) => timeoutMs("grpc", () => text, cap);
  const connect = (text: string | undefined, cap = 60_000) => timeoutMs("connect", () => text, cap);

  test("are what the client asks for, at most the cap", () => {
    expect(grpc("1S")).toBe(1_000);
    expect(grpc("250m")).toBe(250);
    expect(grpc("1500u")).toBe(1.5);
    expect(grpc("2000000n")).toBe(2);
    expect(grpc("1M")).toBe(60_000);
    expect(grpc("1H")).toBe(60_000);
    expect(grpc("0m")).toBe(0);
    expect(grpc(undefined)).toBe(60_000);
    expect(connect("0")).toBe(0);
    expect(connect("59999")).toBe(59_999);
    expect(connect("9999999999")).toBe(60_000);
  });

  test("without a cap end where timers do", () => {
    expect(grpc(undefined, Number.POSITIVE_INFINITY)).toBe(Number.POSITIVE_INFINITY);
    expect(grpc("99999999H", Number.POSITIVE_INFINITY)).toBe(TIMER_MS_MAX);
    const headers = new Headers({ "grpc-timeout": "99999999H", "connect-timeout-ms": "5" });
    dropUnsettableTimeout("grpc", headers);
    dropUnsettableTimeout("connect", headers);
    expect([...headers.keys()]).toEqual(["connect-timeout-ms"]);
  });

  test.each(["", "S", "1", "1s", " 1S", "1S ", "-1S", "1e3S", "123456789S"])(
    "of gRPC are refused when they read %p",
    (text) => expect(refusal(() => grpc(text)).reason).toBe("INVALID_REQUEST"),
  );

  test.each(["", "1S", "-1", "1.5", "12345678901", "0x10"])(
    "of Connect are refused when they read %p",
    (text) => expect(refusal(() => connect(text)).reason).toBe("INVALID_REQUEST"),
  );
});

describe("places in flight", () => {
  test("are as many as the limit says, and come back", () => {
    const inFlight = new InFlight({ calls: 2, bytes: 100 });
    expect([inFlight.enter(), inFlight.enter(), inFlight.enter()]).toEqual([true, true, false]);
    inFlight.leave(0);
    expect([inFlight.enter(), inFlight.calls]).toEqual([true, 2]);
  });

  test("hold as many bytes as the limit says; what does not fit is not counted", () => {
    const inFlight = new InFlight({ calls: 10, bytes: 100 });
    expect(inFlight.enter()).toBe(true);
    expect([inFlight.hold(60), inFlight.hold(41), inFlight.hold(40)]).toEqual([true, false, true]);
    expect(inFlight.enter()).toBe(false);
    inFlight.leave(100);
    expect([inFlight.bytes, inFlight.enter()]).toEqual([0, true]);
  });
});

describe("identity", () => {
  const call = (headers: Record<string, string>) => ({
    identity: TRUSTED,
    actedFor: () => undefined,
    pace: () => undefined,
    header: (name: string) => headers[name],
  });
  const context = (tenantId: string, actor: string) =>
    create(RequestContextSchema, { tenantId, actor });

  test("comes from the message, from the headers, or from both when they agree", () => {
    const alice = { tenantId: "acme", actor: "user:alice", roles: [], credential: "" };
    const headers = { "x-tenant-id": "acme", "x-actor": "user:alice" };
    expect(callerOf(call({}), context("acme", "user:alice"))).toEqual(alice);
    expect(callerOf(call(headers), undefined)).toEqual(alice);
    expect(callerOf(call(headers), context("acme", "user:alice"))).toEqual(alice);
    expect(callerOf(call({ "x-tenant-id": "acme" }), context("", "user:alice"))).toEqual(alice);
  });

  test("is refused when the two disagree, or when a header was sent twice", () => {
    const reason = (headers: Record<string, string>, tenantId: string, actor: string) =>
      refusal(() => callerOf(call(headers), context(tenantId, actor))).reason;
    expect(reason({ "x-tenant-id": "b" }, "a", "user:x")).toBe("TENANT_MISMATCH");
    expect(reason({ "x-actor": "user:y" }, "a", "user:x")).toBe("INVALID_ACTOR");
    expect(reason({ "x-tenant-id": "a, b" }, "", "user:x")).toBe("INVALID_TENANT_ID");
    expect(reason({ "x-actor": "user:x, user:y" }, "a", "")).toBe("INVALID_ACTOR");
  });
});
