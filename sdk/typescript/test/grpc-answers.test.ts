/** What an answer over gRPC says is what the call says, however it comes; and a call ends as its stream does. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import { create, createFileRegistry, type DescMethodUnary, toBinary } from "@bufbuild/protobuf";
import {
  FileDescriptorProtoSchema,
  file_google_protobuf_wrappers,
  StringValueSchema,
} from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import { grpcTransport } from "@entdb/client/node";
import { TellingServer, type Told } from "./fixtures/telling-server.ts";

const TEXT = ".google.protobuf.StringValue";

/** Of text, answered by text. */
function methodOfText(): DescMethodUnary<typeof StringValueSchema, typeof StringValueSchema> {
  const file = create(FileDescriptorProtoSchema, {
    name: "teller.proto",
    syntax: "proto3",
    package: "test",
    dependency: [file_google_protobuf_wrappers.proto.name],
    service: [{ name: "Teller", method: [{ name: "Tell", inputType: TEXT, outputType: TEXT }] }],
  });
  const registry = createFileRegistry(file, () => file_google_protobuf_wrappers);
  const method = registry.getService("test.Teller")?.method["tell"];
  assert.equal(method?.methodKind, "unary");
  return method as DescMethodUnary<typeof StringValueSchema, typeof StringValueSchema>;
}

const METHOD = methodOfText();
/** The code for a stream that is not wanted any more. */
const CANCEL = 8;
const OK = { "grpc-status": "0" };
const MESSAGE = toBinary(StringValueSchema, create(StringValueSchema, { value: "told" }));

function enveloped(message: Uint8Array, flags = 0): Buffer {
  const head = Buffer.from([flags, 0, 0, 0, 0]);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

/** To be waited for in vain. */
const SILENCE: Told = {};

const HEAD = { ":status": "200", "content-type": "application/grpc+proto" };
const SQUEEZED = { ...HEAD, "grpc-encoding": "gzip" };

const WHOLE: readonly (readonly [string, Told])[] = [
  ["in one piece", { head: HEAD, body: [enveloped(MESSAGE)], trailers: OK }],
  [
    "a byte at a time",
    { head: HEAD, body: [...enveloped(MESSAGE)].map((byte) => Buffer.from([byte])), trailers: OK },
  ],
  [
    "without a word on what the message is made of",
    {
      head: { ...HEAD, "content-type": "application/grpc" },
      body: [enveloped(MESSAGE)],
      trailers: OK,
    },
  ],
  ["compressed", { head: SQUEEZED, body: [enveloped(gzipSync(MESSAGE), 1)], trailers: OK }],
  [
    "not compressed, though it might have been",
    { head: SQUEEZED, body: [enveloped(MESSAGE)], trailers: OK },
  ],
];

const BROKEN: readonly (readonly [string, Told, Code])[] = [
  ["an error alone", { head: { ...HEAD, "grpc-status": "5" } }, Code.NotFound],
  [
    "an error behind a message",
    { head: HEAD, body: [enveloped(MESSAGE)], trailers: { "grpc-status": "9" } },
    Code.FailedPrecondition,
  ],
  [
    "two messages",
    { head: HEAD, body: [enveloped(MESSAGE), enveloped(MESSAGE)], trailers: OK },
    Code.Unimplemented,
  ],
  ["no message", { head: HEAD, trailers: OK }, Code.Unimplemented],
  ["no status", { head: HEAD, body: [enveloped(MESSAGE)] }, Code.Internal],
  [
    "a part of a message",
    { head: HEAD, body: [enveloped(MESSAGE).subarray(0, -1)], trailers: OK },
    Code.InvalidArgument,
  ],
  [
    "what is no message",
    { head: HEAD, body: [enveloped(Buffer.from([0xff]))], trailers: OK },
    Code.Internal,
  ],
  [
    "a compression that nobody asked for",
    { head: { ...HEAD, "grpc-encoding": "zstd" }, body: [enveloped(MESSAGE, 1)], trailers: OK },
    Code.Internal,
  ],
  ["a page", { head: { ":status": "503", "content-type": "text/html" } }, Code.Unavailable],
  ["a refusal of the stream", { reset: 7 }, Code.Unavailable],
  ["a request for calm", { reset: 11 }, Code.ResourceExhausted],
  [
    "a message, and then a reset",
    { head: HEAD, body: [enveloped(MESSAGE)], reset: 8 },
    Code.Canceled,
  ],
];

describe("an answer over gRPC", () => {
  const server = new TellingServer();
  let transport: ReturnType<ReturnType<typeof grpcTransport>>;

  before(async () => {
    transport = grpcTransport()({ endpoint: await server.listen() });
  });
  after(() => {
    transport.close();
    server.close();
  });

  const ask = (told: Told, signal?: AbortSignal, timeoutMs = 10_000) => {
    server.told = told;
    return transport.connect.unary(METHOD, signal, timeoutMs, {}, {});
  };

  for (const [name, told] of WHOLE) {
    test(`is taken ${name}`, async () => {
      const { message } = await ask({ ...told, head: { ...told.head, "x-said": "before" } });
      assert.equal(message.value, "told");
    });
  }

  test("has its fields, before and behind", async () => {
    const head = { ...HEAD, "x-said": "before" };
    const trailers = { ...OK, "x-said": "behind" };
    const { header, trailer } = await ask({ head, body: [enveloped(MESSAGE)], trailers });
    assert.deepEqual([header.get("x-said"), trailer.get("x-said")], ["before", "behind"]);
  });

  for (const [name, told, code] of BROKEN) {
    test(`is an error when it is ${name}`, async () => {
      await assert.rejects(ask(told), (error) => {
        assert.ok(error instanceof ConnectError);
        assert.equal(Code[error.code], Code[code]);
        return true;
      });
    });
  }

  test("is waited for until its time is over", async () => {
    await assert.rejects(ask(SILENCE, undefined, 20), (error) => {
      assert.equal((error as ConnectError).code, Code.DeadlineExceeded);
      return true;
    });
  });

  test("that nobody wants any more is called off", async () => {
    const stop = new AbortController();
    const calledOff = server.nextReset();
    const asked = ask(SILENCE, stop.signal);
    await server.nextRequest();
    stop.abort(new Error("enough"));
    await assert.rejects(asked, (error) => {
      assert.equal((error as ConnectError).code, Code.Canceled);
      return true;
    });
    assert.equal(await calledOff, CANCEL);
  });

  test("that nobody wants is not asked for", async () => {
    await assert.rejects(ask(SILENCE, AbortSignal.abort()), (error) => {
      assert.equal((error as ConnectError).code, Code.Canceled);
      return true;
    });
  });
});
