import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { FrameReader } from "./frame-reader.ts";
import { writeFrameHead } from "./out-buffer.ts";
import { ConnectionError, FRAME_HEAD_BYTES } from "./protocol.ts";

interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Uint8Array;
}

function bytesOf({ type, flags, stream, payload }: Frame): Buffer {
  const bytes = Buffer.alloc(FRAME_HEAD_BYTES + payload.length);
  bytes.set(payload, writeFrameHead(bytes, 0, payload.length, type, flags, stream));
  return bytes;
}

describe("frames", () => {
  const frame = fc.record({
    type: fc.integer({ min: 0, max: 255 }),
    flags: fc.integer({ min: 0, max: 255 }),
    stream: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
    payload: fc.uint8Array({ maxLength: 100 }),
  });

  test("come out whole however they arrive", () => {
    fc.assert(
      fc.property(fc.array(frame), fc.array(fc.integer({ min: 1, max: 60 })), (frames, sizes) => {
        const taken: Frame[] = [];
        const reader = new FrameReader((type, flags, stream, payload) => {
          taken.push({ type, flags, stream, payload: Uint8Array.from(payload) });
        });
        const bytes = Buffer.concat(frames.map(bytesOf));
        let at = 0;
        for (let i = 0; at < bytes.length; i++) {
          const size = sizes.length === 0 ? bytes.length : (sizes[i % sizes.length] as number);
          // A chunk of its own, as a socket hands it out.
          reader.feed(Buffer.from(bytes.subarray(at, at + size)), 0);
          at += size;
        }
        expect(taken).toEqual(frames);
      }),
    );
  });

  test("longer than we take are refused before they arrive", () => {
    const head = Buffer.alloc(FRAME_HEAD_BYTES);
    writeFrameHead(head, 0, 16_385, 0, 0, 1);
    const reader = new FrameReader(() => undefined);
    expect(() => reader.feed(head, 0)).toThrow(ConnectionError);
  });
});
