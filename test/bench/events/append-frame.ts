import { ByteReader, ByteWriter } from "../../../src/base/bytes.ts";
import {
  lengthTag,
  numberTag,
  openMessage,
  writeBytes,
  writeFlag,
  writeNumber,
  writeText,
} from "../../../src/base/protobuf.ts";
import { AGGREGATE_TYPE, type BenchAggregate, EVENT_TYPE, PAYLOAD } from "./event-side.ts";

/** Appends of both event stores as messages written by hand, so that making one costs the generator little. */
export interface AppendWire {
  readonly path: string;
  /** So many events behind the aggregate's head. */
  request(aggregate: BenchAggregate, count: number): Uint8Array;
  /** Moves the head to where the answer says that the events are. */
  advance(aggregate: BenchAggregate, count: number, answer: Uint8Array): void;
}

export const TENANT = "bench";
export const SUBSCRIBE_PATH = "/eventstore.v1.EventStore/Subscribe";
export const READ_PATH = "/eventstore.v1.EventStore/ReadStream";

const writer = new ByteWriter(64 * 1024);

/** `eventstore.v1`: the head is the aggregate's nonce. */
export const ENTDB_APPEND: AppendWire = {
  path: "/eventstore.v1.EventStore/Append",
  request({ id, head }, count) {
    writer.reset();
    writeText(writer, lengthTag(1), TENANT);
    writeText(writer, lengthTag(2), id);
    writeText(writer, lengthTag(3), AGGREGATE_TYPE);
    writeNumber(writer, numberTag(4), head);
    for (let nonce = head + 1; nonce <= head + count; nonce++) {
      const event = openMessage(writer, lengthTag(6));
      const meta = openMessage(writer, lengthTag(1));
      writeText(writer, lengthTag(1), `${id}/${nonce}`);
      writeNumber(writer, numberTag(4), nonce);
      writeText(writer, lengthTag(5), EVENT_TYPE);
      writer.closeRun(meta);
      writeBytes(writer, lengthTag(2), PAYLOAD);
      writer.closeRun(event);
    }
    return writer.take();
  },
  advance(aggregate, count) {
    aggregate.head += count;
  },
};

/**
 * UmaDB's `umadb.v1`: an aggregate is a tag, and its head the position of its last event among all;
 * the append is refused when an event with the tag stands behind it.
 */
export const UMADB_APPEND: AppendWire = {
  path: "/umadb.v1.DCB/Append",
  request({ id, head }, count) {
    writer.reset();
    for (let i = 0; i < count; i++) {
      const event = openMessage(writer, lengthTag(1));
      writeText(writer, lengthTag(1), EVENT_TYPE);
      writeText(writer, lengthTag(2), id);
      writeBytes(writer, lengthTag(3), PAYLOAD);
      writer.closeRun(event);
    }
    const condition = openMessage(writer, lengthTag(2));
    const query = openMessage(writer, lengthTag(1));
    const item = openMessage(writer, lengthTag(1));
    writeText(writer, lengthTag(2), id);
    writer.closeRun(item);
    writer.closeRun(query);
    writeNumber(writer, numberTag(2), head);
    writer.closeRun(condition);
    return writer.take();
  },
  advance(aggregate, _count, answer) {
    const reader = new ByteReader(answer);
    if (reader.varint() !== numberTag(1)) throw new Error("an answer without a position");
    aggregate.head = reader.varint();
  },
};

export function subscribeRequest(): Uint8Array {
  writer.reset();
  writeText(writer, lengthTag(1), TENANT);
  return writer.take();
}

/** The first page of an aggregate. */
export function readRequest(aggregateId: string): Uint8Array {
  writer.reset();
  writeText(writer, lengthTag(1), TENANT);
  writeText(writer, lengthTag(2), aggregateId);
  writeFlag(writer, numberTag(5), true);
  return writer.take();
}
