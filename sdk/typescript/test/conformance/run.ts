/** Runs cases: each step's call, and whether its outcome is what the case expects. */
import assert from "node:assert/strict";
import { EntDBError } from "@entdb/client";
import { ADMINISTRATION } from "./administration.ts";
import { EVENTS } from "./events.ts";
import { type Case, type ExpectedError, loadReasons, type Step } from "./format.ts";
import { isObject, type Json, type JsonObject } from "./json.ts";
import { deleteItems, listMailbox, markRead, searchMailbox, unreadCount } from "./mailbox.ts";
import { difference, onlyMember } from "./match.ts";
import * as reads from "./reads.ts";
import { checkSchema, fingerprint, getSchema, registerSchema } from "./schemas.ts";
import { watch } from "./watches.ts";
import type { Party, World } from "./world.ts";
import { atomic, receipt } from "./writes.ts";

type Call = (
  party: Party,
  step: Step,
  world: World,
  run: (step: Step) => Promise<void>,
) => Promise<unknown>;

const SDK = "typescript";
const REASONS = loadReasons();

const CALLS: Readonly<Record<string, Call>> = {
  atomic,
  receipt,
  get: reads.get,
  get_many: reads.getMany,
  get_by_key: reads.getByKey,
  query: reads.query,
  count: reads.count,
  edges: reads.edges,
  connected: reads.connected,
  search: reads.search,
  grants: reads.grants,
  store: async (party, step, world) => {
    const { type = null, fields = null } = step;
    const create = { op: "create", as: "stored", type, fields };
    await atomic(party, { call: "atomic", operations: [create] }, world);
    return reads.get(party, { ...step, id: "@stored" }, world);
  },
  mailbox: listMailbox,
  search_mailbox: searchMailbox,
  unread_count: unreadCount,
  mark_read: markRead,
  delete_mailbox_items: deleteItems,
  fingerprint,
  get_schema: getSchema,
  check_schema: checkSchema,
  register_schema: registerSchema,
  watch,
  health: ({ client }) => client.health(),
  observe: async ({ client }, step, world) =>
    client.observe(world.native(step["position"]) as string),
  ...EVENTS,
  ...ADMINISTRATION,
};

/** What became of a case, and how many of its steps were run. */
export async function runCase(running: Case, world: World): Promise<number> {
  let ran = 0;
  const run = async (step: Step, place: string): Promise<void> => {
    const sdks = step["sdks"] as readonly string[] | undefined;
    if (sdks !== undefined && !sdks.includes(SDK)) return;
    ran += 1;
    await runStep(step, place, world, (inner) => run(inner, `${place}.${inner.call}`));
  };
  for (const [index, step] of running.steps.entries()) {
    await run(step, `step ${index + 1} (${step.call})`);
  }
  // What is kept in memory sends nothing.
  const covers = world.isInMemory ? [] : running.covers;
  const unseen = covers.filter((rpc) => !world.sent.has(rpc));
  assert.deepEqual(unseen, [], "RPCs that the case says it covers and did not send");
  return ran;
}

async function runStep(
  step: Step,
  place: string,
  world: World,
  run: (step: Step) => Promise<void>,
): Promise<void> {
  const call = CALLS[step.call];
  if (call === undefined) throw new Error(`${place}: there is no such call`);
  const toDrop = (step["drop_answers"] ?? 0) as number;
  const dropped = toDrop === 0 ? () => 0 : world.dropAnswers(toDrop);
  const party = world.party(step);
  const times = (step["times"] ?? 1) as number;
  const outcomes = await Promise.all(
    Array.from({ length: times }, () => outcomeOf(() => call(party, step, world, run))),
  );
  assert.equal(dropped(), toDrop, `${place}: answers that were lost`);
  const failed = outcomes.filter(({ thrown }) => thrown !== undefined);
  if (step["error"] !== undefined) {
    const error = step["error"] as unknown as ExpectedError;
    for (const outcome of failed.length > 0 ? failed : outcomes) checkError(error, outcome, place);
    if (step["succeed"] === undefined) return;
    assert.equal(times - failed.length, step["succeed"], `${place}: how many succeed`);
  }
  for (const { thrown, result } of outcomes) {
    if (thrown !== undefined && step["error"] !== undefined) continue;
    if (thrown !== undefined) throw inPlace(place, thrown);
    const seen = onlyMember(result, step["only"]);
    if (step["expect"] !== undefined) check(step["expect"], seen, place, world);
    save(step, result, world);
  }
}

interface Outcome {
  readonly result?: unknown;
  readonly thrown?: unknown;
}

async function outcomeOf(call: () => Promise<unknown>): Promise<Outcome> {
  try {
    return { result: await call() };
  } catch (thrown) {
    return { thrown };
  }
}

function check(expected: Json, result: unknown, place: string, world: World): void {
  const found = difference(world.filledIn(expected), result);
  assert.equal(found, undefined, `${place}: ${found}`);
}

/** An error must have the class that the SDK has for its reason, and say what to do. */
function checkError(expected: ExpectedError, outcome: Outcome | undefined, place: string): void {
  const error = outcome?.thrown;
  if (!(error instanceof EntDBError)) {
    if (error !== undefined) throw inPlace(place, error);
    assert.fail(`${place}: expected ${expected.reason}, got ${JSON.stringify(outcome?.result)}`);
  }
  assert.equal(error.reason, expected.reason, `${place}: ${error.name}: ${error.message}`);
  const row = REASONS[expected.reason];
  assert.ok(row !== undefined, `${place}: reasons.json has no ${expected.reason}`);
  assert.equal(error.name, row.typescript, `${place}: the class of ${expected.reason}`);
  assert.ok(row.codes.includes(error.code), `${place}: the code ${error.code}`);
  assert.notEqual(error.message, "", `${place}: a message`);
  if (row.hint !== false) assert.ok((error.hint ?? "") !== "", `${place}: a hint`);
  const by = isObject(expected.by) ? (expected.by as JsonObject)[SDK] : expected.by;
  if (by === "client") assert.equal(error.requestId, undefined, `${place}: sent nothing`);
  if (by === "server") assert.ok((error.requestId ?? "") !== "", `${place}: a request id`);
  if (expected.details !== undefined) {
    const found = difference(expected.details, error.details, "details");
    assert.equal(found, undefined, `${place}: ${found}`);
  }
}

/** Keeps what a step names: members of its result, by their paths. */
function save(step: Step, result: unknown, world: World): void {
  for (const [name, path] of Object.entries((step["save"] ?? {}) as JsonObject)) {
    let value = result;
    for (const part of (path as string).split(".")) {
      value = (value as Record<string, unknown> | null | undefined)?.[part];
    }
    assert.ok(value !== undefined && value !== null, `${step.call}: there is no ${path} to save`);
    world.save(name, value);
  }
}

function inPlace(place: string, thrown: unknown): Error {
  return new Error(`${place}: ${String(thrown)}`, { cause: thrown });
}
