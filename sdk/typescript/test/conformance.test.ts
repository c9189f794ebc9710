/**
 * The cases of `sdk/conformance`, which every SDK runs, against the real server: what goes
 * in comes out, whichever way from this runtime to the server it takes.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { MemoryEventStore } from "@entdb/client";
import { reasonNames, rpcNames } from "./conformance/descriptors.ts";
import {
  type Case,
  goldenSchemas,
  loadCaseSchema,
  loadCases,
  loadFamilies,
  loadReasons,
} from "./conformance/format.ts";
import { runCase } from "./conformance/run.ts";
import { violations } from "./conformance/valid.ts";
import { type Place, World } from "./conformance/world.ts";
import { DOORS } from "./fixtures/doors.ts";
import { useServer } from "./fixtures/suite.ts";

const CASES = loadCases();
/** What this SDK's event stores have of what not every one has. */
const HAS = ["native"];
const MINE = CASES.filter(
  ({ sdks, needs }) => sdks.includes("typescript") && needs.every((need) => HAS.includes(need)),
);
const OF_EVENT_STORES = MINE.filter(({ family }) => family === "event-store");

describe("the files of cases", () => {
  for (const [name, family] of loadFamilies()) {
    test(name, () => {
      assert.deepEqual(violations(loadCaseSchema(), family), []);
      assert.equal(`${family["family"]}.json`, name);
    });
  }
});

describe("what the cases cover", () => {
  test("every RPC", async () => {
    const covered = new Set(MINE.flatMap(({ covers }) => covers));
    const rpcs = await rpcNames();
    assert.deepEqual(
      rpcs.filter((name) => !covered.has(name)),
      [],
      "RPCs without a case",
    );
    assert.deepEqual(
      [...covered].filter((name) => !rpcs.includes(name)),
      [],
      "RPCs that are none",
    );
  });

  test("every reason: provoked, or said why it cannot be", async () => {
    const rows = loadReasons();
    const reasons = await reasonNames();
    assert.deepEqual(Object.keys(rows).sort(), reasons.sort());
    const provoked = new Set(CASES.flatMap(({ steps }) => steps.flatMap(reasonsIn)));
    const wrong = reasons.filter(
      (reason) => provoked.has(reason) === (rows[reason]?.unprovoked !== undefined),
    );
    assert.deepEqual(wrong, [], "reasons neither provoked nor excused, or both");
  });

  test("every golden fingerprint", () => {
    const used = new Set(CASES.flatMap(({ steps }) => steps.map((step) => step["schema"])));
    assert.deepEqual(
      goldenSchemas().filter((name) => !used.has(name)),
      [],
    );
  });

  test("names are a family's own", () => {
    const names = CASES.map(({ family, name }) => `${family}: ${name}`);
    assert.equal(new Set(names).size, names.length);
  });
});

describe("conformance", () => {
  const trusted = useServer();
  const guarded = useServer({ args: ["--auth", "required", "--admin-key-file", "admin.key"] });
  const adminKey = () => readFileSync(join(guarded.server.directory, "admin.key"), "utf8").trim();
  let steps = 0;
  let passed = 0;
  after(() => {
    process.stdout.write(`conformance: ${passed} cases, ${steps} steps\n`);
  });

  const run = async (running: Case, place: Omit<Place, "servers" | "given">) => {
    const world = await World.open(running, {
      ...place,
      servers: { trusted: trusted.server, credentials: guarded.server },
      given: { "admin-key": adminKey() },
    });
    try {
      steps += await runCase(running, world);
      passed += 1;
    } finally {
      await world.close();
    }
  };

  for (const [index, running] of MINE.entries()) {
    // The ways take turns: what crosses them is the same, and each has tests of its own.
    const door = DOORS[index % DOORS.length] ?? "grpc";
    test(`${running.family}: ${running.name} (${door})`, async () => {
      await run(running, { tenantId: `case-${index}`, door });
    });
  }

  for (const running of OF_EVENT_STORES) {
    test(`${running.family}: ${running.name} (in memory)`, async () => {
      const events = new MemoryEventStore();
      await run(running, { tenantId: "memory", door: "grpc", events });
    });
  }
});

/** The reasons that a step, and those within it, expect. */
function reasonsIn(step: Case["steps"][number]): string[] {
  const error = step["error"] as { readonly reason: string } | undefined;
  const within = (step["during"] ?? []) as unknown as Case["steps"];
  return [...(error === undefined ? [] : [error.reason]), ...within.flatMap(reasonsIn)];
}
