import { describe, expect, test } from "bun:test";
import { markAt, recordEntries } from "../epochs/batch-entries.ts";
import type { Entry } from "../epochs/entry.ts";
import { FIRST_PLACE, Ledger, type Place } from "../epochs/ledger.ts";
import type { Message } from "../epochs/message.ts";
import { RECORD_TYPE } from "../wal.ts";
import { findFirst, findMark, findRecentMark } from "./shard-search.ts";

const logId = "018bcfe5-6800-7cb8-adfe-747d23673f27";
const claimId = "00".repeat(16);
const claim: Entry = {
  ...{ kind: "claim", epoch: 1, sequence: 0, offset: 10, logTime: 0, logId, claimId },
};

/** A shard whose writer has read everything; numbers leave gaps. */
class ShardOfMessages {
  readonly messages: Message[] = [];
  readonly ledger = new Ledger(FIRST_PLACE);

  put(...entries: Entry[]): this {
    const from = this.messages.at(-1)?.next ?? 0n;
    const message = { from, next: from + 5n, entries };
    this.messages.push(message);
    this.ledger.take(message);
    return this;
  }

  append(): this {
    const { place } = this.ledger;
    const record = { offset: place.offset, logTime: 1, type: RECORD_TYPE.record };
    return this.put(markAt(place), ...recordEntries(place, [{ ...record, body: Buffer.alloc(3) }]));
  }

  /** What is left when the first messages were removed: reading begins at the horizon. */
  async *since(removed: number): AsyncGenerator<readonly Message[]> {
    for (const [i, message] of this.messages.slice(removed).entries()) {
      yield [i === 0 ? { ...message, from: 0n } : message];
    }
  }
}

describe("where what is kept begins", () => {
  test("nowhere in an empty shard", async () => {
    expect(await findFirst(new ShardOfMessages().since(0))).toBeUndefined();
  });

  test("behind the claim that made the log, while that is there", async () => {
    const shard = new ShardOfMessages().put(claim);
    const begun = shard.ledger.place;
    expect(await findFirst(shard.since(0))).toEqual(begun);
    shard.append().append();
    expect(await findFirst(shard.since(0))).toEqual(begun);
  });

  test("at the first mark of which the message before it is there, once that has gone", async () => {
    const shard = new ShardOfMessages().put(claim).append().append();
    const place = shard.ledger.place;
    shard.append().append();
    expect(await findFirst(shard.since(2))).toEqual(place);
  });

  test("not at a claim that was put twice, when the first of them has gone", async () => {
    const shard = new ShardOfMessages().put(claim).append().put(claim);
    const place = shard.ledger.place;
    shard.append();
    expect(await findFirst(shard.since(2))).toEqual(place);
  });

  test("nowhere where somebody else writes, or nothing tells", async () => {
    async function* foreign(): AsyncGenerator<readonly Message[]> {
      yield [{ from: 0n, next: 5n, entries: undefined }];
    }
    await expect(findFirst(foreign())).rejects.toMatchObject({ reason: "LOG_DAMAGED" });
    const shard = new ShardOfMessages().put(claim).append();
    await expect(findFirst(shard.since(1))).rejects.toMatchObject({ reason: "LOG_TRIMMED" });
  });
});

describe("places by the time at which they arrived", () => {
  const DAY_MS = 86_400_000;
  const now = 100 * DAY_MS;
  /** One mark each second, for a hundred records each, until a day ago. */
  const last = now - DAY_MS;
  const placeAt = (time: number): Place => {
    const offset = Math.ceil(time / 1_000) * 100;
    return { ...FIRST_PLACE, position: BigInt(offset), offset };
  };
  let asked = 0;
  const markSince = (time: number) => {
    asked++;
    return Promise.resolve(time > last ? undefined : placeAt(time));
  };

  test("a recent one is found in a few steps, however long nothing was written", async () => {
    asked = 0;
    const found = await findRecentMark(markSince, now, 365 * DAY_MS);
    expect(found?.offset).toBeGreaterThan(placeAt(now - 5 * DAY_MS).offset);
    expect(asked).toBeLessThan(10);
    expect(await findRecentMark(markSince, now, DAY_MS / 2)).toBeUndefined();
  });

  test.each([0, 1, 8_000, 123_456_789, 700_000_000])("one near offset %d", async (ahead) => {
    asked = 0;
    const lower = placeAt(now - 90 * DAY_MS);
    const offset = lower.offset + ahead;
    const range = { from: now - 90 * DAY_MS, until: now };
    const found = (await findMark(markSince, range, offset, lower)) ?? lower;
    expect(found.offset).toBeLessThanOrEqual(offset);
    expect(offset - found.offset).toBeLessThanOrEqual(8_192);
    expect(asked).toBeLessThan(40);
  });
});
