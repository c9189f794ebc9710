import { message, number, type RawField, text } from "../../harness/raw-grpc.ts";
import { AGGREGATE_TYPE, type BenchAggregate, EVENT_TYPE, PAYLOAD } from "./event-side.ts";

export const TENANT = "bench";
export const APPEND_PATH = "/eventstore.v1.EventStore/Append";
export const SUBSCRIBE_PATH = "/eventstore.v1.EventStore/Subscribe";

/** A request of `eventstore.v1` by hand, so that making it costs the generator little. */
export function appendRequest({ id, head }: BenchAggregate, count: number): Uint8Array {
  const events = Array.from({ length: count }, (_, i): RawField => {
    const nonce = head + 1 + i;
    const meta = message(text(1, `${id}/${nonce}`), number(4, nonce), text(5, EVENT_TYPE));
    return [6, message([1, meta], [2, PAYLOAD])];
  });
  const where = [text(1, TENANT), text(2, id), text(3, AGGREGATE_TYPE), number(4, head)];
  return message(...where, ...events);
}

export function subscribeRequest(): Uint8Array {
  return message(text(1, TENANT));
}

/** As one gRPC frame, not compressed. */
export function framed(bytes: Uint8Array): Uint8Array {
  const frame = Buffer.alloc(5 + bytes.length);
  frame.writeUInt32BE(bytes.length, 1);
  frame.set(bytes, 5);
  return frame;
}
