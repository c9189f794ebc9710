/** Goal: whatever a batch holds, its packets fit, and give the same records to whoever reads them. */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { limits } from "../../base/limits.ts";
import { FIRST_PLACE, Ledger, type Place } from "../epochs/ledger.ts";
import type { Message } from "../epochs/message.ts";
import { type LogRecord, RECORD_TYPE } from "../wal.ts";
import { decodePacket, encodePacket, PACKET_ROOM_BYTES, packetAt, packetsOf } from "./packets.ts";

const KINESIS_BYTES = 1024 * 1024;
const logId = "018bcfe5-6800-7cb8-adfe-747d23673f27";
const place: Place = {
  ...FIRST_PLACE,
  ...{ position: 2n ** 180n, logId, epoch: 4, sequence: 7, offset: 100, lastLogTime: 5 },
};

function recordsOf(sizes: readonly number[]): LogRecord[] {
  return sizes.map((size, i) => {
    const body = Buffer.alloc(size, i % 251);
    return { offset: place.offset + i, logTime: 6 + i, type: RECORD_TYPE.record, body };
  });
}

/** As a shard has them, with gaps between their numbers. */
function messagesOf(records: readonly LogRecord[]): Message[] {
  let position = place.position;
  return packetsOf(place, records).map((packet) => {
    const bytes = packetAt(packet, position);
    expect(bytes.length).toBeLessThan(KINESIS_BYTES);
    const message = { from: position, next: position + 77n, entries: decodePacket(bytes) };
    position = message.next;
    return message;
  });
}

const size = fc.oneof(
  { weight: 6, arbitrary: fc.nat(2_000) },
  { weight: 2, arbitrary: fc.nat({ max: 400_000 }) },
  { weight: 1, arbitrary: fc.nat({ max: limits.recordBytes }) },
  fc.integer({ min: PACKET_ROOM_BYTES - 60, max: PACKET_ROOM_BYTES + 60 }),
);

test("a batch comes back from its packets, in order and whole, also when each came twice", () => {
  fc.assert(
    fc.property(fc.array(size, { minLength: 1, maxLength: 12 }), fc.boolean(), (sizes, twice) => {
      const records = recordsOf(sizes);
      const ledger = new Ledger(place);
      const read = messagesOf(records).flatMap((message) => {
        const again = { ...message, from: message.next };
        return [...ledger.take(message), ...(twice ? ledger.take(again) : [])];
      });
      expect(read.map(({ body, ...rest }) => ({ ...rest, bytes: body.length }))).toEqual(
        records.map(({ body, ...rest }) => ({ ...rest, bytes: body.length })),
      );
      expect(
        read.every(({ body }, i) => Buffer.compare(body, records[i]?.body ?? body) === 0),
      ).toBe(true);
    }),
    { numRuns: 60 },
  );
});

test("small records share one packet; a record past a packet's room has packets to itself", () => {
  const kinds = packetsOf(place, recordsOf([10, 20, limits.recordBytes, 30, 40]));
  const shown = kinds.map((packet) =>
    packet.entries.map(({ kind, offset }) => `${kind} ${offset}`),
  );
  expect(shown[0]).toEqual(["record 100", "record 101"]);
  expect(shown.slice(1, -1)).toEqual(Array.from({ length: 6 }, () => ["part 102"]));
  expect(shown.at(-1)).toEqual(["record 103", "record 104"]);
  expect(kinds.map((packet) => packet.place?.offset)).toEqual([
    ...[100, 102, undefined, undefined, undefined, undefined, undefined, 103],
  ]);
});

test("an empty batch only says where the log is", () => {
  const [message, ...rest] = messagesOf([]);
  expect(rest).toEqual([]);
  expect(message?.entries).toMatchObject([{ kind: "mark", offset: 100, at: place.position }]);
});

test("bytes of somebody else, and damaged ones, are no packet", () => {
  const [packet] = packetsOf(place, recordsOf([3, 4]));
  const bytes = packet === undefined ? Buffer.alloc(0) : packetAt(packet, 1n);
  for (let length = 0; length < bytes.length; length++) {
    const cut = decodePacket(bytes.subarray(0, length));
    expect(cut === undefined || cut.length < 3).toBe(true);
  }
  for (let at = 0; at < bytes.length; at++) {
    const damaged = Buffer.from(bytes);
    damaged[at] = (damaged[at] ?? 0) ^ 1;
    expect(decodePacket(damaged)).toBeUndefined();
  }
  expect(decodePacket(Buffer.from("hello"))).toBeUndefined();
  expect(decodePacket(encodePacket([]))).toBeUndefined();
});
