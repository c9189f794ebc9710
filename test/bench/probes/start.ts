import { readFileSync } from "node:fs";
import { BINARY, runProgram, type ServerProcess } from "../../harness/binary.ts";
import { temporaryDirectory } from "../../harness/temporary-directory.ts";
import { startBenchServer } from "../databases/entdb-server.ts";
import { WrongAnswerError } from "../graph-database.ts";
import { spreadOf } from "../measure.ts";
import type { BenchOptions } from "../options.ts";
import type { Probe } from "../report.ts";

/** How long an idle server is left alone before its memory is read. */
const SETTLE_MS = 2_000;

/** The faces are made by their first requests, which therefore belong to what a start costs. */
const FIRST_REQUESTS: Readonly<Record<string, (server: ServerProcess) => Promise<Response>>> = {
  REST: ({ httpUrl }) => fetch(`${httpUrl}/livez`),
  RPC: ({ grpcUrl }) =>
    fetch(`${grpcUrl}/grpc.health.v1.Health/Check`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: "{}",
    }),
};

/** The compiled executable: from exec to ready on a new directory and on a used one, to first answers, memory at rest, help. */
export async function probeStart({ smoke }: BenchOptions): Promise<readonly Probe[]> {
  const times = smoke ? 2 : 20;
  using place = temporaryDirectory();
  const help: number[] = [];
  for (let i = 0; i < times * 2; i++) {
    const start = performance.now();
    const { exitCode } = await runProgram([BINARY, "--help"], { cwd: place.path });
    help.push(performance.now() - start);
    if (exitCode !== 0) throw new WrongAnswerError(`--help ended with ${exitCode}`);
  }
  const first: number[] = [];
  for (let i = 0; i < times; i++) {
    using fresh = temporaryDirectory();
    first.push(await readyMs(fresh.path));
  }
  const again: number[] = [];
  for (let i = 0; i < times; i++) again.push(await readyMs(place.path));
  const answered: Probe[] = [];
  for (const [face, ask] of Object.entries(FIRST_REQUESTS)) {
    const ms: number[] = [];
    for (let i = 0; i < times; i++) ms.push(await answeredMs(place.path, ask));
    answered.push({
      probe: "start",
      what: `Start: exec to the first answer over ${face}, used directory`,
      unit: "ms",
      samples: times,
      value: spreadOf(ms),
      goal: undefined,
    });
  }
  const idle = await idleMiB(place.path, smoke ? 0 : SETTLE_MS);
  const ready = { probe: "start", unit: "ms", samples: times, goal: "< 60" };
  return [
    { ...ready, what: "Start: exec to ready, new directory", value: spreadOf(first) },
    { ...ready, what: "Start: exec to ready, used directory", value: spreadOf(again) },
    ...answered,
    {
      ...ready,
      what: "Help on the command line",
      samples: times * 2,
      value: spreadOf(help),
      goal: "< 50",
    },
    {
      probe: "start",
      what: "Memory of an idle server (resident)",
      unit: "MB",
      samples: 1,
      value: spreadOf([idle]),
      goal: "< 80",
    },
  ];
}

/** Until the line that says so is there to read. */
async function readyMs(cwd: string): Promise<number> {
  const start = performance.now();
  await using server = await startBenchServer(cwd);
  const took = performance.now() - start;
  const code = await server.stop();
  if (code !== 0) throw new WrongAnswerError(`the server stopped with ${code}`);
  return took;
}

/** Until the answer to the first request has been read whole. */
async function answeredMs(
  cwd: string,
  ask: (server: ServerProcess) => Promise<Response>,
): Promise<number> {
  const start = performance.now();
  await using server = await startBenchServer(cwd);
  const answer = await ask(server);
  await answer.bytes();
  const took = performance.now() - start;
  if (!answer.ok) throw new WrongAnswerError(`the first request was answered ${answer.status}`);
  await server.stop();
  return took;
}

async function idleMiB(cwd: string, settleMs: number): Promise<number> {
  await using server = await startBenchServer(cwd);
  await Bun.sleep(settleMs);
  return residentMB(server.pid);
}

/** Megabytes of a process that are in memory now. */
export function residentMB(pid: number): number {
  const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return (Number(kibibytes) * 1024) / 1e6;
}
