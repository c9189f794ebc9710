import { expect, test } from "bun:test";
import { FakeClock } from "../../test/harness/fake-clock.ts";
import { limits } from "../base/limits.ts";
import { turn } from "../base/turn.ts";
import type { AuditEvent } from "../record/transaction.ts";
import { AuditLog } from "./audit-log.ts";

const MINUTE_MS = 60_000;

function setup() {
  const clock = new FakeClock();
  const written: AuditEvent[] = [];
  const failures: unknown[] = [];
  let broken = false;
  const audit = new AuditLog({
    clock,
    append: async (event) => {
      if (broken) throw new Error("the disk is full");
      written.push(event);
    },
    failed: (cause) => failures.push(cause),
  });
  const minute = async () => {
    clock.advance(MINUTE_MS);
    await turn();
  };
  const breakDisk = (is: boolean) => {
    broken = is;
  };
  return { clock, audit, written, failures, minute, breakDisk };
}

const bob = { tenantId: "acme", actor: "user:bob", credential: "key:1" };

test("alike events are one record a minute, with their number", async () => {
  const { audit, written, minute } = setup();
  for (let i = 0; i < 1_000; i++) audit.authenticationFailed("10.0.0.1");
  audit.authenticationFailed("10.0.0.2");
  audit.actedFor(bob);
  audit.actedFor(bob);
  audit.actedFor({ ...bob, tenantId: "other" });
  expect(written).toEqual([]);
  await minute();
  const failed = {
    kind: "audit_event",
    action: "authentication_failed",
    ...{ tenantId: "", actor: "", credential: "", outcome: "UNAUTHENTICATED" },
  } as const;
  const acted = { kind: "audit_event", action: "acted_for", ...bob, outcome: "applied" } as const;
  const details = new Map<string, string>();
  expect(written).toEqual([
    { ...failed, count: 1_000, details: new Map([["source", "10.0.0.1"]]) },
    { ...failed, count: 1, details: new Map([["source", "10.0.0.2"]]) },
    { ...acted, count: 2, details },
    { ...acted, tenantId: "other", count: 1, details },
  ]);
  await minute();
  expect(written).toHaveLength(4);
  audit.actedFor(bob);
  await minute();
  expect(written).toHaveLength(5);
});

test("strangers of any number fill no disk: beyond the limit they are counted together", async () => {
  const { audit, written, minute } = setup();
  for (let i = 0; i < limits.auditSourcesPerMinute * 3; i++) {
    audit.authenticationFailed(`10.0.${i >> 8}.${i & 255}`);
  }
  for (let i = 0; i < limits.auditActorsPerMinute * 2; i++) {
    audit.actedFor({ ...bob, actor: `user:${i}` });
  }
  await minute();
  const failed = written.filter(({ action }) => action === "authentication_failed");
  expect(failed).toHaveLength(limits.auditSourcesPerMinute + 1);
  expect(failed.at(-1)).toMatchObject({ count: limits.auditSourcesPerMinute * 2 });
  expect(failed.at(-1)?.details.get("source")).toBe("others");
  const acted = written.filter(({ action }) => action === "acted_for");
  expect(acted).toHaveLength(limits.auditActorsPerMinute + 1);
  expect(acted.at(-1)).toMatchObject({ actor: "others", count: limits.auditActorsPerMinute });
});

test("what could not be written is told once and counted on", async () => {
  const { audit, written, failures, minute, breakDisk } = setup();
  breakDisk(true);
  audit.authenticationFailed("10.0.0.1");
  audit.actedFor(bob);
  await minute();
  expect(failures).toHaveLength(1);
  breakDisk(false);
  audit.authenticationFailed("10.0.0.1");
  await minute();
  expect(written.map(({ action, count }) => [action, count])).toEqual([
    ["authentication_failed", 2],
    ["acted_for", 1],
  ]);
});

test("a stop writes what was counted, and nothing is counted afterwards", async () => {
  const { audit, written, clock } = setup();
  audit.actedFor(bob);
  await audit.stop();
  expect(written).toHaveLength(1);
  audit.actedFor(bob);
  expect(clock.pendingTimers).toBe(0);
});
