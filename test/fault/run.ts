/**
 * `bun run fault`: kills and power cuts on the compiled executable under load, and after
 * each the invariants of the product: nothing acknowledged is missing, nothing is half
 * there, nothing twice, the same key gives the same answer, the log makes the same views.
 *
 *     --kills N        SIGKILL at random moments (default 200)
 *     --power-cuts N   power cuts on loop-mounted ext4 (default 20; needs root)
 *     --teeth          also proves that the harness can fail
 *     --seed N         replays a run's choices (moments still depend on the machine)
 *     --ci             what continuous integration runs: the defaults and the teeth
 *
 * The last line says how many checks passed and failed.
 */
import { parseArgs } from "node:util";
import { killLoop, powerCuts } from "./scenarios.ts";
import { teeth } from "./teeth.ts";

const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "200" },
    "power-cuts": { type: "string", default: "20" },
    teeth: { type: "boolean", default: false },
    ci: { type: "boolean", default: false },
    seed: { type: "string", default: String(Date.now() % 1_000_000_007) },
  },
});
const seed = Number(values.seed);
console.log(`seed ${seed} (replay with --seed ${seed})`);

interface Check {
  readonly name: string;
  run(): Promise<string>;
}

const checks: Check[] = [];
const kills = Number(values.kills);
if (kills > 0) checks.push({ name: `${kills} kills`, run: () => killLoop(kills, seed) });
const cuts = Number(values["power-cuts"]);
if (cuts > 0) {
  checks.push({ name: `${cuts} power cuts, ext4`, run: () => powerCuts(cuts, "ext4", seed) });
}
if (values.teeth || values.ci) checks.push(...teeth(seed));

let failed = 0;
for (const check of checks) {
  const began = performance.now();
  try {
    const found = await check.run();
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    console.log(`ok    ${check.name}: ${found} (${seconds} s)`);
  } catch (error) {
    failed += 1;
    console.log(
      `FAIL  ${check.name} (seed ${seed}): ${error instanceof Error ? error.stack : error}`,
    );
  }
}
console.log(`${checks.length - failed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
