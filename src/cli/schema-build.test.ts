import { expect, test } from "bun:test";
import { recordedContext } from "../../test/harness/cli-context.ts";
import { FakeClock } from "../../test/harness/fake-clock.ts";
import { turn } from "../base/turn.ts";
import { buildNote, showingBuild } from "./schema-build.ts";

const build = {
  wal_position: "0:12",
  step: "indexes of node type 1 (User)",
  rows_done: 3,
  rows_total: 40,
};

test("a schema that is being applied is told with its step and its rows", () => {
  expect(buildNote({ fingerprint: "sha256:x", build })).toBe(
    "the schema of record 0:12 is being applied: indexes of node type 1 (User), 3 of 40 rows",
  );
  expect(buildNote({ fingerprint: "sha256:x" })).toBeUndefined();
});

/** Registers for a second and a half while the server tells how far it is. */
async function register(isTerminal: boolean, work = Promise.withResolvers<string>()) {
  const { output, stderr } = recordedContext({ isTerminal });
  const clock = new FakeClock();
  let asked = 0;
  const get = async () => {
    asked += 1;
    if (asked === 2) throw new Error("lost for a moment");
    return { build: { ...build, rows_done: asked } };
  };
  const registering = showingBuild({ clock, output }, { get }, work.promise);
  registering.catch(() => undefined);
  for (let looks = 0; looks < 3; looks++) {
    clock.advance(500);
    await turn();
  }
  return { work, registering, clock, stderr, asked: () => asked };
}

test("while it is registered, a terminal shows how far it is", async () => {
  const { work, registering, clock, stderr, asked } = await register(true);
  expect(asked()).toBe(3);
  expect(stderr()).toContain("1 of 40 rows");
  expect(stderr()).toContain("3 of 40 rows");
  work.resolve("done");
  expect(await registering).toBe("done");
  expect(clock.pendingTimers).toBe(0);
});

test("and its refusal is what the work comes to", async () => {
  const { work, registering } = await register(true);
  work.reject(new Error("refused"));
  await expect(registering).rejects.toThrow("refused");
});

test("where nobody looks nobody is asked", async () => {
  const { work, registering, asked } = await register(false);
  work.resolve("done");
  expect(await registering).toBe("done");
  expect(asked()).toBe(0);
});
