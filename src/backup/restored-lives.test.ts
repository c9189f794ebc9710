/**
 * The file that says how far lives had come when a directory was restored. Goal: it is read back
 * as it was written, counts for its own log alone, and is never believed when it is damaged.
 */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { refused } from "../../test/harness/refusal.ts";
import {
  type TemporaryDirectory,
  temporaryDirectory,
} from "../../test/harness/temporary-directory.ts";
import { readRestoredLives, writeRestoredLives } from "./restored-lives.ts";
import { encodeStated } from "./stated-fields.ts";

const LOG = { logId: "log-1", partition: 0 };
const ACME = { tenantId: "acme", incarnation: 2 };
const EMPTY = { tenantId: "empty", incarnation: 1 };
let place: TemporaryDirectory;

beforeEach(() => {
  place = temporaryDirectory();
});
afterEach(() => place[Symbol.dispose]());

const write = () =>
  writeRestoredLives(place.path, LOG, [
    { ...ACME, offset: 41 },
    { ...EMPTY, offset: -1 },
  ]);

test("lives are known by tenant and incarnation", async () => {
  await write();
  const lives = await readRestoredLives(place.path, LOG);
  expect(lives.offsetOf(ACME)).toBe(41);
  expect(lives.offsetOf(EMPTY)).toBe(-1);
  expect(lives.offsetOf({ ...ACME, incarnation: 3 })).toBeUndefined();
});

test("another log has none of them, nor has a directory without the file", async () => {
  await write();
  const other = await readRestoredLives(place.path, { ...LOG, logId: "log-2" });
  const none = await readRestoredLives(place.path, { ...LOG, partition: 1 });
  expect([other.offsetOf(ACME), none.offsetOf(ACME)]).toEqual([undefined, undefined]);
});

test.each([
  ["cut off", (text: string) => text.slice(0, -10)],
  ["changed", (text: string) => text.replace("41", "42")],
  ["without lives", () => stated({})],
  ["of lives that are none", () => stated({ lives: ["acme 2"] })],
])("a file that is %s is refused", async (_how, change) => {
  await write();
  const file = join(place.path, "restored-0.json");
  writeFileSync(file, change(readFileSync(file, "utf8")));
  const error = await refused(readRestoredLives(place.path, LOG));
  expect(error).toMatchObject({ reason: "DATA_DIR_INVALID" });
  expect(error.message).toContain(file);
});

function stated(members: { readonly lives?: readonly string[] }): string {
  return Buffer.from(encodeStated({ format: 1, log_id: LOG.logId, ...members })).toString();
}
