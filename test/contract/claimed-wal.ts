/**
 * What a log that stands where several servers reach it owes besides the contract of every log:
 * the latest to open it writes, whoever was there before is told so and writes nothing more, and
 * what does not fit into memory is read from where it stands. A suite for each such log.
 */
import { describe, expect, test } from "bun:test";
import { type ImportingWal, type LogRecord, RECORD_TYPE, type Wal } from "../../src/wal/wal.ts";

/** More than any server holds in memory. */
const LONG = 50_000;

/** Appends a record that holds this text. */
export const appendText = (wal: ImportingWal, text: string) =>
  wal.append(RECORD_TYPE.record, Buffer.from(text));

/** The texts of all records from an offset on, whose offsets have no gap. */
export async function textsOf(wal: Pick<Wal, "read">, from = 0): Promise<string[]> {
  const all: LogRecord[] = [];
  for await (const records of wal.read(from)) all.push(...records);
  expect(all.map(({ offset }) => offset)).toEqual(all.map((_, i) => from + i));
  return all.map(({ body }) => Buffer.from(body).toString());
}

/** Opens a log by its name, as one server more; made when it is not there. */
export type OpenLog = (name: string) => Promise<ImportingWal>;

export function claimedWalContract(open: OpenLog): void {
  describe("two servers on one log", () => {
    test("the later one writes; the earlier one is told at its next write, and reads on", async () => {
      const first = await open("two-servers");
      await appendText(first, "a");
      const second = await open("two-servers");
      expect(second.logId).toBe(first.logId);
      await appendText(second, "b");
      const refused = { reason: "LOG_UNAVAILABLE" };
      await expect(appendText(first, "lost")).rejects.toMatchObject(refused);
      expect(first.unavailable?.message).toContain("another server has taken over");
      await expect(appendText(first, "again")).rejects.toMatchObject(refused);
      await appendText(second, "c");
      expect(await textsOf(first)).toContain("a");
      expect(await textsOf(second)).toEqual(["a", "b", "c"]);
      expect(second.unavailable).toBeUndefined();
    });

    test("under the load of all, every record that was answered is there, once, in order", async () => {
      const answered: string[] = [];
      const write = async (wal: ImportingWal, name: string) => {
        for (let i = 0; ; i++) {
          const text = `${name}-${i}`;
          const fate = await appendText(wal, text).catch(() => undefined);
          if (fate === undefined) return;
          answered.push(text);
        }
      };
      const running: Promise<void>[] = [];
      let latest: ImportingWal | undefined;
      for (const name of ["0", "1", "2", "3", "4"]) {
        latest = await open("contended");
        running.push(write(latest, name));
      }
      await latest?.close();
      await Promise.all(running);
      const found = await textsOf(await open("contended"));
      expect(new Set(found).size).toBe(found.length);
      expect(found.filter((text) => answered.includes(text)).sort()).toEqual(answered.sort());
      for (const name of ["0", "1", "2", "3", "4"]) {
        const own = found.filter((text) => text.startsWith(`${name}-`));
        const numbers = own.map((text) => Number(text.slice(2)));
        expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
      }
    });
  });

  test("a history longer than memory is read from any offset, also by a server that opens anew", async () => {
    const first = await open("long");
    for (let from = 0; from < LONG; from += 10_000) {
      const batch = Array.from({ length: 10_000 }, (_, i) => appendText(first, String(from + i)));
      await Promise.all(batch);
    }
    await first.close();
    const wal = await open("long");
    expect(wal).toMatchObject({ start: 0, end: LONG });
    for (const from of [LONG - 1, 31_234, 16_384, 8_191, 1, 0]) {
      const steps = wal.read(from)[Symbol.asyncIterator]();
      const { value } = await steps.next();
      expect(Buffer.from(value?.[0]?.body ?? "").toString()).toBe(String(from));
      await steps.return?.();
    }
    expect(await textsOf(wal)).toEqual(Array.from({ length: LONG }, (_, i) => String(i)));
  });
}
