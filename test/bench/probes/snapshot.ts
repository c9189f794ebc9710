import { statSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "../../../src/base/clock.ts";
import { encodeSchema } from "../../../src/rpc/encode-schema.ts";
import { startServerProcess } from "../../harness/binary.ts";
import { temporaryDirectory } from "../../harness/temporary-directory.ts";
import { grpcClient } from "../databases/entdb-client.ts";
import { openBenchPartition } from "../databases/entdb-engine.ts";
import { SCHEMA } from "../databases/entdb-schema.ts";
import { WrongAnswerError } from "../graph-database.ts";
import { spreadOf } from "../measure.ts";
import type { BenchOptions } from "../options.ts";
import { pace } from "../paced.ts";
import { newPersonOf, type Person } from "../people.ts";
import { writePeopleLog } from "../people-log.ts";
import type { Probe } from "../report.ts";

/** Of each person, so that a gigabyte takes 130,000 of them. */
const NOTE_BYTES = 8_000;
const QUIET_PER_SECOND = 100;
const GIB = 1024 ** 3;

/**
 * A snapshot of a tenant of a gigabyte, asked for over REST, into a directory; and what that costs
 * another tenant that writes at a steady rate meanwhile: both in the same server, p99 at the client
 * from when a request was due, alone and during the snapshot, in turn: of each second, on average,
 * since nobody knows beforehand how many the snapshot will take.
 */
export async function probeSnapshot({ smoke, rounds }: BenchOptions): Promise<readonly Probe[]> {
  const people = smoke ? 100 : Math.ceil(GIB / NOTE_BYTES);
  const aloneMs = smoke ? 300 : 5_000;
  using directory = temporaryDirectory();
  const dataDir = join(directory.path, "data");
  await writePeopleLog(dataDir, people, talkative);
  const bytes = await applied(dataDir);
  await using server = await startServerProcess({
    cwd: directory.path,
    env: { ENTDB_ARCHIVE_ENABLED: "false", ENTDB_TENANT_REQUESTS_PER_SECOND: "0" },
  });
  const quiet = grpcClient(server.grpcUrl);
  const context = { tenantId: "quiet", actor: "user:bench" };
  await quiet.registerSchema({ context, schema: encodeSchema(SCHEMA) });
  const seconds: number[] = [];
  const alone: number[] = [];
  const during: number[] = [];
  for (let round = 0; round < Math.min(rounds, 3); round++) {
    const second = () => pace(quiet, "quiet", QUIET_PER_SECOND, 1);
    alone.push(mean(await paceUntil(systemClock.sleep(aloneMs), second)));
    const made = snapshot(server.httpUrl, bytes);
    const pacing = paceUntil(made, second);
    seconds.push(await made);
    during.push(mean(await pacing));
  }
  const probe = "snapshot";
  const size = `${(bytes / GIB).toFixed(2)} GiB`;
  const samples = seconds.length;
  const what = `Snapshot of a tenant of ${size}`;
  const write = "Another tenant's write at 100/s over gRPC";
  const ratios = during.map((p99, i) => p99 / (alone[i] as number));
  return [
    { probe, what, unit: "s", samples, value: spreadOf(seconds), goal: "< 30" },
    {
      ...{ probe, what: `${write}, p99 of a second alone`, unit: "ms", samples },
      ...{ value: spreadOf(alone), goal: undefined },
    },
    {
      ...{ probe, what: `${write}, p99 of a second of the snapshot`, unit: "ms", samples },
      ...{ value: spreadOf(during), goal: undefined },
    },
    {
      ...{
        probe,
        what: `${write}, the latter to the former, round by round`,
        unit: "times",
        samples,
      },
      ...{ value: spreadOf(ratios), goal: "≤ 2" },
    },
  ];
}

function talkative(n: number): Person {
  return { ...newPersonOf(n), note: `${n} `.padEnd(NOTE_BYTES, "of whom much is to be said ") };
}

/** Applies the log, and returns the size of what it came to. */
async function applied(dataDir: string): Promise<number> {
  const partition = await openBenchPartition(dataDir);
  const { file } = partition.stores.open("bench") ?? { file: "" };
  await partition.stop();
  return statSync(file).size;
}

/** Resolves with the seconds that it took. */
async function snapshot(url: string, expectedBytes: number): Promise<number> {
  const start = performance.now();
  const answer = await fetch(`${url}/admin/snapshot`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-actor": "user:bench" },
    body: JSON.stringify({ tenant_id: "bench" }),
  });
  const text = await answer.text();
  const [made] = answer.ok ? JSON.parse(text).snapshots : [];
  if (!(Number(made?.bytes) >= expectedBytes / 2)) throw new WrongAnswerError(text);
  return (performance.now() - start) / 1000;
}

function mean(figures: readonly number[]): number {
  return figures.reduce((sum, figure) => sum + figure, 0) / figures.length;
}

/** What each run came to until the promise is settled; one at least. */
async function paceUntil(
  end: Promise<unknown>,
  run: () => Promise<{ readonly p99Ms: number }>,
): Promise<number[]> {
  let isOver = false;
  const over = () => {
    isOver = true;
  };
  end.then(over, over);
  const figures: number[] = [];
  do figures.push((await run()).p99Ms);
  while (!isOver);
  return figures;
}
