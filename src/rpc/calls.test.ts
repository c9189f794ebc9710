import { describe, expect, test } from "bun:test";
import { create } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { EntDBService, HealthResponseSchema } from "../../gen/entdb/v1/entdb_service_pb.ts";
import { FakeClock } from "../../test/harness/fake-clock.ts";
import { SeededRandom } from "../../test/harness/seeded-random.ts";
import { trusting } from "../access/authenticate.ts";
import { EntError } from "../base/errors.ts";
import type { FinishedCall } from "./call-context.ts";
import { Calls } from "./calls.ts";
import { type DeadlineClass, unary } from "./methods.ts";

function setup(limits: { calls?: number; bytes?: number } = {}) {
  const clock = new FakeClock();
  const finished: FinishedCall[] = [];
  const faults: unknown[] = [];
  const ignore = () => undefined;
  const calls = new Calls({
    authenticator: trusting,
    clock,
    random: new SeededRandom(1),
    meter: {
      callStarted: ignore,
      callFinished: (call) => finished.push(call),
      connectionOpened: ignore,
      connectionClosed: ignore,
      connectionEnded: ignore,
    },
    log: { fault: ({ cause }) => faults.push(cause) },
    inFlight: { calls: limits.calls ?? 10, bytes: limits.bytes ?? 1_000 },
    deadlineMs: 1_000,
    longDeadlineMs: 50_000,
  });
  const open = (headers: Record<string, string> = {}, deadline: DeadlineClass = "short") =>
    calls.open({
      rpc: unary(EntDBService.method.health, async () => create(HealthResponseSchema), deadline),
      protocol: "grpc",
      thin: true,
      peer: () => "127.0.0.1",
      header: (name) => headers[name],
      headers: () => Object.entries(headers),
    });
  return { clock, calls, open, finished, faults };
}

describe("a call", () => {
  test("is metered once, with the time that it took", () => {
    const { clock, open, finished, calls } = setup();
    const call = open();
    expect(calls.inFlight).toBe(1);
    clock.advance(12);
    call.close();
    call.close();
    expect(finished).toEqual([
      {
        rpc: "entdb.v1.EntDBService/Health",
        protocol: "grpc",
        code: "ok",
        reason: "",
        durationMs: 12,
        thin: true,
      },
    ]);
    expect(calls.inFlight).toBe(0);
    clock.advance(2_000);
    expect([call.signal.aborted, finished.length, clock.pendingTimers]).toEqual([false, 1, 0]);
  });

  test.each([
    ["the server's", {}],
    ["its client's", { "grpc-timeout": "500m" }],
  ])(
    "with a deadline of %s is one of ten that have a timer, which is no more when the server stops",
    (_whose, headers) => {
      const { clock, calls, open } = setup();
      const all = Array.from({ length: 10 }, () => open(headers));
      expect(clock.pendingTimers).toBe(1);
      calls.stop();
      for (const call of all) call.close();
      expect(clock.pendingTimers).toBe(0);
    },
  );

  test.each([
    ["short", 1_000],
    ["long", 50_000],
  ] as const)("of a %s method ends after %p ms", (deadline, ms) => {
    const { clock, open, finished } = setup();
    const call = open({}, deadline);
    clock.advance(ms - 1);
    expect(call.signal.aborted).toBe(false);
    clock.advance(1);
    expect((call.signal.reason as EntError).reason).toBe("DEADLINE_EXCEEDED");
    call.close();
    expect(finished[0]?.code).toBe("deadline_exceeded");
  });

  test("without a deadline sets no timer", () => {
    const { clock, open } = setup();
    open({}, "none");
    expect(clock.pendingTimers).toBe(0);
  });

  test("with no time at all is refused before it begins", () => {
    const { open } = setup();
    const call = open({ "grpc-timeout": "0m" });
    expect(call.refusal?.reason).toBe("DEADLINE_EXCEEDED");
    expect(() => call.admit()).toThrow("deadline");
  });

  test("that was not admitted takes no place, and gives none back", () => {
    const { open, calls, finished } = setup({ calls: 1 });
    const first = open();
    const second = open();
    expect(second.refusal?.reason).toBe("OVERLOADED");
    expect(() => second.admit()).toThrow();
    second.hold(5_000);
    second.close();
    expect([calls.inFlight, finished[0]?.reason]).toEqual([1, "OVERLOADED"]);
    first.close();
    expect(calls.inFlight).toBe(0);
    expect(open().refusal).toBeUndefined();
  });

  test("gives back the bytes that it held", () => {
    const { open } = setup({ bytes: 100 });
    const call = open();
    call.hold(60);
    expect(() => call.hold(60)).toThrow("as many requests");
    call.close();
    open().hold(100);
  });

  test("that was aborted fails with the abort's reason, whatever the platform threw", () => {
    const { open, faults } = setup();
    const call = open();
    call.gone();
    const error = call.fail(new DOMException("aborted", "AbortError"));
    expect(error.code).toBe(Code.Canceled);
    expect(faults).toEqual([]);
  });

  test("keeps our own error though it was aborted: it may know more than the abort", () => {
    const { clock, open } = setup();
    const call = open();
    clock.advance(1_000);
    const known = new EntError({
      code: "deadline_exceeded",
      reason: "DEADLINE_EXCEEDED",
      message: "Appended at 0:7, outcome unknown.",
      details: { wal_position: "0:7" },
    });
    expect(call.fail(known).rawMessage).toBe("Appended at 0:7, outcome unknown.");
  });

  test("fails once: what breaks later is no second failure", () => {
    const { open, faults } = setup();
    const call = open();
    const first = call.fail(new Error("first"));
    expect(call.fail(new Error("second"))).toBe(first);
    expect(faults).toHaveLength(1);
  });
});

describe("stopping", () => {
  test("refuses new calls, lets unary ones go on, and ends them when told", () => {
    const { calls, open } = setup();
    const call = open();
    calls.stop();
    expect(call.signal.aborted).toBe(false);
    expect(open().refusal?.reason).toBe("SERVER_STOPPING");
    calls.abortAll();
    expect((call.signal.reason as EntError).reason).toBe("SERVER_STOPPING");
  });
});
