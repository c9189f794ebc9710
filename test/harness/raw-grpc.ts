/**
 * gRPC by hand: protobuf written and read field by field, frames and trailers over HTTP/2 and
 * nothing of the libraries that the server itself is made with. For tests of what stands on the
 * wire.
 */
import { type ClientHttp2Session, connect, type IncomingHttpHeaders } from "node:http2";

/** One field of a message: its number, and a number, or bytes of what has a length. */
export type RawField = readonly [number: number, value: bigint | Uint8Array];

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

/** The message's bytes: fields in the order given, none left out. */
export function message(...fields: readonly (RawField | undefined)[]): Uint8Array {
  const parts = fields.flatMap((field) => (field === undefined ? [] : [...encodeField(field)]));
  return Buffer.concat(parts);
}

export function text(number: number, value: string): RawField {
  return [number, encoder.encode(value)];
}

export function number(field: number, value: number | bigint): RawField {
  return [field, BigInt(value)];
}

function encodeField([field, value]: RawField): Uint8Array[] {
  if (typeof value === "bigint") return [varint(BigInt(field) << 3n), varint(value)];
  return [varint((BigInt(field) << 3n) | 2n), varint(BigInt(value.length)), value];
}

function varint(value: bigint): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return Uint8Array.of(...bytes, Number(rest));
}

/** A message's fields by number, each with all its values; fails on any wire type but 0 and 2. */
export class RawMessage {
  readonly #fields = new Map<number, (bigint | Uint8Array)[]>();

  constructor(bytes: Uint8Array) {
    let at = 0;
    const next = () => {
      let value = 0n;
      for (let shift = 0n; ; shift += 7n) {
        const byte = bytes[at++];
        if (byte === undefined) throw new Error("a varint without an end");
        value |= BigInt(byte & 0x7f) << shift;
        if (byte < 0x80) return value;
      }
    };
    while (at < bytes.length) {
      const tag = next();
      const field = Number(tag >> 3n);
      const type = tag & 7n;
      if (type !== 0n && type !== 2n) throw new Error(`wire type ${type} of field ${field}`);
      const length = next();
      const value = type === 0n ? length : bytes.slice(at, at + Number(length));
      if (type === 2n) at += Number(length);
      this.#fields.set(field, [...(this.#fields.get(field) ?? []), value]);
    }
  }

  /** Numbers of the fields that are there. */
  get fields(): number[] {
    return [...this.#fields.keys()];
  }

  /** 0 when it is not there, as on the wire. */
  number(field: number): bigint {
    const value = this.#fields.get(field)?.at(-1) ?? 0n;
    if (typeof value !== "bigint") throw new Error(`field ${field} is no number`);
    return value;
  }

  bytes(field: number): Uint8Array {
    const value = this.#fields.get(field)?.at(-1) ?? new Uint8Array(0);
    if (typeof value === "bigint") throw new Error(`field ${field} is a number`);
    return value;
  }

  text(field: number): string {
    return decoder.decode(this.bytes(field));
  }

  message(field: number): RawMessage {
    return new RawMessage(this.bytes(field));
  }

  messages(field: number): RawMessage[] {
    return (this.#fields.get(field) ?? []).map((value) => new RawMessage(value as Uint8Array));
  }
}

/** What came of a call: gRPC's number of the status, its sentence, and messages before it. */
export interface RawAnswer {
  readonly status: number;
  readonly sentence: string;
  /** The `google.rpc.Status` of `grpc-status-details-bin`. */
  readonly details: RawMessage | undefined;
  readonly messages: readonly RawMessage[];
  readonly headers: IncomingHttpHeaders;
}

/** A connection that speaks gRPC with prior knowledge (h2c). */
export class RawGrpc implements Disposable {
  readonly #session: ClientHttp2Session;

  constructor(url: string) {
    this.#session = connect(url);
    this.#session.on("error", () => undefined);
  }

  unary(
    path: string,
    request: Uint8Array,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<RawAnswer> {
    const stream = this.open(path, request, headers);
    return stream.ended;
  }

  /** A call whose messages are looked at while it goes on. */
  open(path: string, request: Uint8Array, headers: Readonly<Record<string, string>> = {}) {
    const stream = this.#session.request({
      ":method": "POST",
      ":path": path,
      "content-type": "application/grpc",
      te: "trailers",
      ...headers,
    });
    const messages: RawMessage[] = [];
    let rest = Buffer.alloc(0);
    let sent: IncomingHttpHeaders = {};
    let trailers: IncomingHttpHeaders = {};
    stream.on("response", (received) => {
      sent = received;
    });
    stream.on("trailers", (received) => {
      trailers = received;
    });
    stream.on("data", (chunk: Buffer) => {
      rest = Buffer.concat([rest, chunk]);
      while (rest.length >= 5 && rest.length >= 5 + rest.readUInt32BE(1)) {
        const end = 5 + rest.readUInt32BE(1);
        messages.push(new RawMessage(rest.subarray(5, end)));
        rest = rest.subarray(end);
      }
    });
    const ended = new Promise<RawAnswer>((resolve) => {
      stream.on("error", () => undefined);
      stream.on("close", () => resolve(answerOf({ ...sent, ...trailers }, messages)));
    });
    const frame = Buffer.alloc(5);
    frame.writeUInt32BE(request.length, 1);
    stream.end(Buffer.concat([frame, request]));
    return {
      messages,
      ended,
      pause: () => stream.pause(),
      resume: () => stream.resume(),
      leave: () => stream.close(8),
    };
  }

  [Symbol.dispose](): void {
    this.#session.destroy();
  }
}

function answerOf(headers: IncomingHttpHeaders, messages: readonly RawMessage[]): RawAnswer {
  const details = headers["grpc-status-details-bin"];
  return {
    status: Number(headers["grpc-status"] ?? -1),
    sentence: decodeURIComponent(String(headers["grpc-message"] ?? "")),
    details:
      details === undefined ? undefined : new RawMessage(Buffer.from(String(details), "base64")),
    messages,
    headers,
  };
}
