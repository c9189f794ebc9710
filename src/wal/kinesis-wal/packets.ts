/**
 * What one record of Kinesis holds: entries, each behind its length in four bytes. A batch of the
 * log is one packet where it fits; a record of the log that no packet can hold comes in parts.
 *
 * Nobody can know a packet's number before it has landed. So a mark says instead what its writer
 * had read last, and every packet that begins between two records begins with one: of any two
 * neighbours in the shard the second tells where the log is, if nothing came in between.
 */
import { markAt, recordEntries } from "../epochs/batch-entries.ts";
import {
  decodeEntry,
  type Entry,
  encodeEntry,
  MARK_BYTES,
  PART_OVERHEAD_BYTES,
  RECORD_OVERHEAD_BYTES,
  type RecordEntry,
} from "../epochs/entry.ts";
import type { Place } from "../epochs/ledger.ts";
import type { LogRecord } from "../wal.ts";

/** Kinesis counts its partition key as well. */
const PACKET_BYTES = 1024 * 1024 - 1024;
const LENGTH_BYTES = 4;
/** What the records of a packet may take, their lengths and headers included. */
export const PACKET_ROOM_BYTES = PACKET_BYTES - LENGTH_BYTES - MARK_BYTES;
const PIECE_BYTES = PACKET_ROOM_BYTES - LENGTH_BYTES - PART_OVERHEAD_BYTES;

/** Entries that go into one packet, and where the log is before them; undefined within a record. */
interface PacketPlan {
  readonly place: Place | undefined;
  readonly entries: Entry[];
}

/** The packets of a batch that comes next at a place; of an empty batch one that only says where the log is. */
export function packetsOf(place: Place, records: readonly LogRecord[]): readonly PacketPlan[] {
  if (records.length === 0) return [{ place, entries: [] }];
  const plans: PacketPlan[] = [];
  let room = 0;
  let before = place;
  for (const entry of recordEntries(place, records)) {
    const bytes = LENGTH_BYTES + RECORD_OVERHEAD_BYTES + entry.body.length;
    if (bytes > PACKET_ROOM_BYTES) {
      plans.push(...partsOf(before, entry));
      room = 0;
    } else if (bytes > room) {
      plans.push({ place: before, entries: [entry] });
      room = PACKET_ROOM_BYTES - bytes;
    } else {
      plans.at(-1)?.entries.push(entry);
      room -= bytes;
    }
    const { sequence, offset } = before;
    before = {
      ...before,
      sequence: sequence + 1,
      offset: offset + 1,
      lastLogTime: entry.logTime,
    };
  }
  return plans;
}

function partsOf(place: Place, entry: RecordEntry): PacketPlan[] {
  const parts = Math.ceil(entry.body.length / PIECE_BYTES);
  return Array.from({ length: parts }, (_, part) => {
    const body = entry.body.subarray(part * PIECE_BYTES, (part + 1) * PIECE_BYTES);
    return {
      place: part === 0 ? place : undefined,
      entries: [{ ...entry, kind: "part", part, parts, body }],
    };
  });
}

/** The packet as it is sent by somebody who has read up to a position. */
export function packetAt({ place, entries }: PacketPlan, position: bigint): Buffer {
  return encodePacket(place === undefined ? entries : [markAt({ ...place, position }), ...entries]);
}

export function encodePacket(entries: readonly Entry[]): Buffer {
  return Buffer.concat(
    entries.flatMap((entry) => {
      const bytes = encodeEntry(entry);
      const length = Buffer.alloc(LENGTH_BYTES);
      length.writeUInt32BE(bytes.length);
      return [length, bytes];
    }),
  );
}

/** Undefined for anything that no writer of ours made; bodies are views of the bytes. */
export function decodePacket(bytes: Uint8Array): Entry[] | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const entries: Entry[] = [];
  for (let at = 0; at < bytes.length; ) {
    if (at + LENGTH_BYTES > bytes.length) return undefined;
    const end = at + LENGTH_BYTES + view.getUint32(at);
    const entry =
      end > bytes.length ? undefined : decodeEntry(bytes.subarray(at + LENGTH_BYTES, end));
    if (entry === undefined) return undefined;
    entries.push(entry);
    at = end;
  }
  return entries.length === 0 ? undefined : entries;
}
