import { describe, expect, test } from "bun:test";
import { FakeClock } from "../../test/harness/fake-clock.ts";
import { SeededRandom } from "../../test/harness/seeded-random.ts";
import { copyLog } from "./copy-log.ts";
import { MemoryWal } from "./memory-wal.ts";
import type { WalOptions } from "./options.ts";
import { type LogRecord, RECORD_TYPE } from "./wal.ts";

const clock = new FakeClock();
const nothing = () => Promise.resolve();

function log(seed: number, options: Partial<WalOptions> = {}): MemoryWal {
  return new MemoryWal({
    ...{ topic: "", partition: 0, clock, random: new SeededRandom(seed), acceptClock: true },
    ...options,
  });
}

async function fill(wal: MemoryWal, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    clock.advance(7);
    await wal.append(RECORD_TYPE.record, Buffer.from(`${wal.end}`));
  }
}

async function all(wal: MemoryWal): Promise<LogRecord[]> {
  const found: LogRecord[] = [];
  for await (const records of wal.read(wal.start)) found.push(...records);
  return found;
}

describe("a copy of a log", () => {
  test("has its records, offsets, times and name, and goes on where an earlier one ended", async () => {
    const source = log(1, { firstOffset: 30 });
    await fill(source, 2_000);
    const target = log(2, { logId: source.logId, firstOffset: 30 });
    const seen: number[] = [];
    const report = await copyLog(source, target, async (offset) => {
      seen.push(offset);
    });
    expect(report).toEqual({ logId: source.logId, from: 30, end: 2_030 });
    expect(seen.at(-1)).toBe(2_030);
    await fill(source, 5);
    expect(await copyLog(source, target, nothing)).toMatchObject({ from: 2_030, end: 2_035 });
    expect(await all(target)).toEqual(await all(source));
  });

  test("is refused into a log of another name, start or length, which stays as it is", async () => {
    const source = log(1, { firstOffset: 30 });
    await fill(source, 3);
    const { logId } = source;
    const longer = log(5, { logId, firstOffset: 30 });
    await fill(longer, 4);
    const other = log(2, { firstOffset: 30 });
    const later = log(3, { logId, firstOffset: 31 });
    await fill(later, 1);
    for (const target of [other, later, longer]) {
      const { end } = target;
      await expect(copyLog(source, target, nothing)).rejects.toMatchObject({
        reason: "CONFIG_INVALID",
      });
      expect(target.end).toBe(end);
    }
  });
});
