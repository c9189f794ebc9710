import { connect, type Socket } from "node:net";
import { eventually } from "./rpc-face.ts";

/** A TCP connection that says exactly what a test says, and remembers what it heard. */
export interface RawSocket extends Disposable {
  readonly socket: Socket;
  send(bytes: string | Uint8Array): void;
  /** Everything heard so far. */
  heard(): Buffer;
  text(): string;
  readonly closed: boolean;
  untilHeard(text: string): Promise<void>;
  untilClosed(): Promise<void>;
}

/** With `allowHalfOpen` it can go on to send when the server has said everything. Defaults to closing then. */
export async function rawSocket(port: number, allowHalfOpen = false): Promise<RawSocket> {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen });
  const chunks: Buffer[] = [];
  let closed = false;
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  socket.on("error", () => undefined);
  socket.on("close", () => {
    closed = true;
  });
  await new Promise((resolve) => socket.once("connect", resolve));
  const heard = () => Buffer.concat(chunks);
  return {
    socket,
    send: (bytes) => void socket.write(bytes),
    heard,
    text: () => heard().toString("latin1"),
    get closed() {
      return closed;
    },
    untilHeard: (text) => eventually(() => heard().includes(text), JSON.stringify(text)),
    untilClosed: () => eventually(() => closed, "the end of the connection"),
    [Symbol.dispose]: () => void socket.destroy(),
  };
}

const PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
export const FRAME = { data: 0, headers: 1, reset: 3, settings: 4, goaway: 7, window: 8 } as const;
export const END_STREAM = 1;
const END_HEADERS = 4;
const ACK = 1;

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

/** HTTP/2, frame by frame, for what no client library would do. */
export interface RawHttp2 extends Disposable {
  readonly raw: RawSocket;
  frame(type: number, flags: number, stream: number, payload?: Uint8Array): void;
  /** A POST of gRPC; with END_STREAM as `flags` it has no body. */
  headers(stream: number, path: string, extra?: RawHeaders, flags?: number): void;
  frames(): Frame[];
  untilFrame(type: number, stream: number): Promise<Frame>;
}

/** Several values are several headers. */
type RawHeaders = Readonly<Record<string, string | readonly string[]>>;

export async function rawHttp2(
  port: number,
  settings: Uint8Array = new Uint8Array(0),
): Promise<RawHttp2> {
  const raw = await rawSocket(port);
  const frame: RawHttp2["frame"] = (type, flags, stream, payload = new Uint8Array(0)) => {
    const head = Buffer.alloc(9);
    head.writeUIntBE(payload.length, 0, 3);
    head[3] = type;
    head[4] = flags;
    head.writeUInt32BE(stream, 5);
    raw.send(Buffer.concat([head, payload]));
  };
  const frames = () => framesIn(raw.heard());
  raw.send(PREFACE);
  frame(FRAME.settings, 0, 0, settings);
  await eventually(
    () => frames().some((each) => each.type === FRAME.settings),
    "the server's settings",
  );
  frame(FRAME.settings, ACK, 0);
  return {
    raw,
    frame,
    frames,
    headers: (stream, path, extra = {}, flags = 0) =>
      frame(
        FRAME.headers,
        END_HEADERS | flags,
        stream,
        literalHeaders({
          ":method": "POST",
          ":scheme": "http",
          ":path": path,
          ":authority": "localhost",
          "content-type": "application/grpc",
          te: "trailers",
          ...extra,
        }),
      ),
    async untilFrame(type, stream) {
      const find = () => frames().find((each) => each.type === type && each.stream === stream);
      await eventually(() => find() !== undefined, `frame ${type} of stream ${stream}`);
      return find() as Frame;
    },
    [Symbol.dispose]: () => void raw.socket.destroy(),
  };
}

function framesIn(bytes: Buffer): Frame[] {
  const frames: Frame[] = [];
  for (let at = 0; at + 9 <= bytes.length; ) {
    const length = bytes.readUIntBE(at, 3);
    if (at + 9 + length > bytes.length) break;
    const payload = bytes.subarray(at + 9, at + 9 + length);
    frames.push({
      type: bytes[at + 3] as number,
      flags: bytes[at + 4] as number,
      stream: bytes.readUInt32BE(at + 5),
      payload,
    });
    at += 9 + length;
  }
  return frames;
}

/** HPACK without any compression. Names and values shorter than 127 bytes. */
function literalHeaders(headers: RawHeaders): Buffer {
  const text = (value: string) => Buffer.concat([Buffer.of(value.length), Buffer.from(value)]);
  const pairs = Object.entries(headers).flatMap(([name, values]) =>
    [values].flat().map((value) => [Buffer.of(0), text(name), text(value)]),
  );
  return Buffer.concat(pairs.flat());
}

/** A message of gRPC in its envelope. */
export function envelope(message: Uint8Array, flags = 0): Buffer {
  const head = Buffer.alloc(5);
  head[0] = flags;
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}
