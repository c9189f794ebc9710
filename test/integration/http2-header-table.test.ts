/**
 * A client that keeps no headers of former answers, as nginx keeps none, must find none that an
 * answer refers back to: on either path, in answers, errors and trailers.
 */
import { describe, expect, test } from "bun:test";
import { create, toBinary } from "@bufbuild/protobuf";
import { GetNodeRequestSchema } from "../../gen/entdb/v1/entdb_service_pb.ts";
import { EntError } from "../../src/base/errors.ts";
import { END_STREAM, envelope, FRAME, rawHttp2 } from "../harness/raw-socket.ts";
import { startFace } from "../harness/rpc-face.ts";
import { nodeOf } from "../harness/scripted-engine.ts";

const PATH = "/entdb.v1.EntDBService/GetNode";
const REQUEST = toBinary(
  GetNodeRequestSchema,
  create(GetNodeRequestSchema, { context: { tenantId: "acme", actor: "user:a" }, id: "nd_x" }),
);
const STATIC_ENTRIES = 61;
/** SETTINGS_HEADER_TABLE_SIZE 0. */
const KEEPS_NOTHING = Buffer.from([0, 1, 0, 0, 0, 0]);

const missing = () =>
  new EntError({ code: "not_found", reason: "NODE_NOT_FOUND", message: "There is no such node." });

/** Every index into the table of headers that a block of HPACK names. */
function indicesIn(block: Buffer): number[] {
  const indices: number[] = [];
  let at = 0;
  const integer = (bits: number) => {
    const most = (1 << bits) - 1;
    let value = (block[at++] as number) & most;
    if (value < most) return value;
    for (let shift = 0; ; shift += 7) {
      const byte = block[at++] as number;
      value += (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const text = () => {
    const length = integer(7);
    at += length;
  };
  while (at < block.length) {
    const first = block[at] as number;
    if (first >= 0x80) {
      indices.push(integer(7));
      continue;
    }
    const isSizeUpdate = first >= 0x20 && first < 0x40;
    const name = integer(first >= 0x40 ? 6 : isSizeUpdate ? 5 : 4);
    if (isSizeUpdate) continue;
    indices.push(name);
    if (name === 0) text();
    text();
  }
  return indices;
}

describe.each([true, false])("to a client that remembers nothing, thin path %p,", (thin) => {
  test("every answer stands for itself", async () => {
    let calls = 0;
    const getNode = async () => {
      calls += 1;
      if (calls > 2) throw missing();
      return { node: nodeOf(), positionToken: new Uint8Array(0) };
    };
    await using face = await startFace({ thin, engine: { getNode } });
    using client = await rawHttp2(face.port, KEEPS_NOTHING);
    for (const stream of [1, 3, 5, 7]) {
      client.headers(stream, PATH);
      client.frame(FRAME.data, END_STREAM, stream, envelope(REQUEST));
      await client.untilFrame(FRAME.headers, stream);
    }
    const blocks = client.frames().filter(({ type }) => type === FRAME.headers);
    expect(blocks.length).toBeGreaterThanOrEqual(6);
    for (const { payload } of blocks) {
      expect(Math.max(...indicesIn(payload))).toBeLessThanOrEqual(STATIC_ENTRIES);
    }
    expect(face.seen.calls.map(({ code }) => code)).toContain("not_found");
  });
});
