/**
 * `bun run fault`: what was promised, held against faults. Every scenario runs the compiled
 * executable under load, breaks something, and checks afterwards: nothing acknowledged is
 * missing, nothing is half there, nothing twice, the same key gives the same answer, the log
 * makes the same views, every file is whole, and the server serves again by itself or names
 * the reason why not. The last ones break the law on purpose: there the harness must fail.
 *
 *     --only TEXT      scenarios whose name has the text in it (several, with commas)
 *     --cycles N       so many cycles of each, instead of what continuous integration has time for
 *     --seed N         replays a run's choices (moments still depend on the machine)
 *     --services       also those on a real S3 service and a real Kafka, which are downloaded or built once
 *     --lanes N        scenarios at once (default 2)
 *     --ci             a scenario that cannot run on this machine fails instead of being passed over
 *     --list           names them
 *
 * The last line says how many scenarios passed and failed, the one before it what was counted.
 */
import { parseArgs } from "node:util";
import { SeededRandom } from "../harness/seeded-random.ts";
import type { FaultKind, Scenario, Tally } from "./scenario.ts";
import { SCENARIOS } from "./scenarios.ts";

const { values } = parseArgs({
  options: {
    only: { type: "string" },
    cycles: { type: "string" },
    seed: { type: "string", default: String(Date.now() % 1_000_000_007) },
    services: { type: "boolean", default: false },
    lanes: { type: "string", default: "2" },
    ci: { type: "boolean", default: false },
    list: { type: "boolean", default: false },
  },
});
const seed = Number(values.seed);
const wanted = values.only?.split(",");

function isChosen({ name, needsService = false }: Scenario): boolean {
  if (wanted !== undefined) return wanted.some((text) => name.includes(text));
  return !needsService || values.services;
}

let passed = 0;
let failed = 0;
const counted = new Map<FaultKind, number>();
let acknowledged = 0;

async function runOne(scenario: Scenario): Promise<void> {
  const obstacle = scenario.obstacle?.();
  if (obstacle !== undefined && !values.ci) {
    console.log(`pass  ${scenario.name}: cannot run here, ${obstacle}`);
    return;
  }
  const began = performance.now();
  const cycles = values.cycles === undefined ? scenario.cycles : Number(values.cycles);
  const random = new SeededRandom(Bun.hash.crc32(`${seed} ${scenario.name}`));
  try {
    if (obstacle !== undefined) throw new Error(obstacle);
    const tally = await scenario.run({ cycles, random });
    passed += 1;
    count(scenario, tally);
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    console.log(`ok    ${scenario.name}: ${sentenceOf(scenario, tally)} (${seconds} s)`);
  } catch (error) {
    failed += 1;
    console.log(`FAIL  ${scenario.name}: ${error instanceof Error ? error.stack : error}`);
    if (error instanceof Error && error.cause !== undefined) console.log("cause:", error.cause);
    console.log(
      `      replay: bun run fault --only ${scenario.name} --seed ${seed} --cycles ${cycles}`,
    );
  }
}

function count({ kind }: Scenario, tally: Tally): void {
  counted.set(kind, (counted.get(kind) ?? 0) + tally.faults);
  acknowledged += tally.acknowledged;
}

function sentenceOf({ kind }: Scenario, { faults, acknowledged: held, found }: Tally): string {
  if (kind === "teeth") return `found: ${found}`;
  const note = found === undefined ? "" : `; ${found}`;
  return `${faults} ${kind}, ${held} transactions acknowledged, none lost, none twice${note}`;
}

async function lane(queue: Scenario[]): Promise<void> {
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) await runOne(next);
}

const chosen = SCENARIOS.filter(isChosen);
if (values.list) {
  for (const { name, kind, cycles } of chosen) console.log(`${name}  ${cycles} ${kind}`);
  process.exit(0);
}
console.log(`seed ${seed} (replay with --seed ${seed})`);
const queue = [...chosen];
await Promise.all(Array.from({ length: Number(values.lanes) }, () => lane(queue)));
const kinds = [...counted].map(([kind, faults]) => `${faults} ${kind}`).join(", ");
console.log(`${kinds}; ${acknowledged} transactions acknowledged and held against what was there`);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
