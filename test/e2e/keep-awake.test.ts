/** The thread that keeps the processor awake while writes come one behind the other: there, or not. */
import { expect, test } from "bun:test";
import { linuxCalls } from "../../src/base/linux-calls.ts";
import { hasProcessorQuota } from "../../src/base/processor-quota.ts";
import { startServerProcess } from "../harness/binary.ts";
import { idleThreads } from "../harness/idle-threads.ts";
import { temporaryDirectory } from "../harness/temporary-directory.ts";
import { couple, PEOPLE_SCHEMA, Rest } from "../harness/wire.ts";

const canRun = linuxCalls() !== undefined && !hasProcessorQuota();
const WRITES_MAX = 2_000;
const ENOUGH_WRITES = 200;

/** Writes one transaction behind the other until the server has such a thread, and answers whether it came. */
async function comesWithWrites(pid: number, httpUrl: string, writesMax: number): Promise<boolean> {
  const rest = new Rest(httpUrl);
  await rest.post("/v1/schema", PEOPLE_SCHEMA);
  for (let i = 0; i < writesMax; i++) {
    if (idleThreads(pid) > 0) return true;
    expect((await rest.atomic(`write ${i}`, couple(`${i}`))).status).toBe(200);
  }
  return false;
}

test.if(canRun)("a server that syncs for one write after the other has it, and ends", async () => {
  using directory = temporaryDirectory();
  // Long, so that what else the machine does is no pause between the writes.
  const args = ["--sync-awake-us", "100000"];
  await using server = await startServerProcess({ cwd: directory.path, args });
  expect(await comesWithWrites(server.pid, server.httpUrl, WRITES_MAX)).toBe(true);
  expect(await server.stop()).toBe(0);
});

test.if(canRun)("a server that is not to have it does not", async () => {
  using directory = temporaryDirectory();
  const args = ["--sync-awake-us", "0"];
  await using server = await startServerProcess({ cwd: directory.path, args });
  expect(await comesWithWrites(server.pid, server.httpUrl, ENOUGH_WRITES)).toBe(false);
});
