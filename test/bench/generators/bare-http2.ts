/**
 * The client side of HTTP/2 for load generators, on a socket and nothing else: what a call costs
 * here is taken from the processor of whoever measures, and the runtime's own client costs several
 * times what a server of ours does. One head for each path, frames written together once a turn,
 * windows that a server never runs out of.
 *
 * It knows what well-behaved servers send. Anything else throws, and ends the run.
 */
import { connect, type Socket } from "node:net";
import { FrameReader } from "../../../src/http2/frame-reader.ts";
import { HeaderDecoder } from "../../../src/http2/header-decoder.ts";
import { headersBytesMax, writeHeaders } from "../../../src/http2/header-encoder.ts";
import { writeFrameHead } from "../../../src/http2/out-buffer.ts";
import {
  Flag,
  FRAME_BYTES_DEFAULT,
  FRAME_HEAD_BYTES,
  FrameType,
  PREFACE,
  WINDOW_DEFAULT,
  WINDOW_MAX,
} from "../../../src/http2/protocol.ts";

const INITIAL_WINDOW_SIZE = 4;
const ANSWER_HEAD_BYTES_MAX = 64 * 1024;
const GRPC_FRAME_BYTES = 5;

/** Hears of an answer: its bytes as they come, and how it ended. */
interface Listener {
  data(chunk: Buffer): void;
  end(status: string): void;
}

export class BareHttp2 implements Disposable {
  readonly #socket: Socket;
  readonly #authority: string;
  readonly #heads = new Map<string, Buffer>();
  readonly #open = new Map<number, Listener>();
  readonly #decoder = new HeaderDecoder(ANSWER_HEAD_BYTES_MAX);
  readonly #reader = new FrameReader((...frame) => this.#frame(...frame));
  #nextStream = 1;
  #window = WINDOW_DEFAULT;
  /** Frames of this turn, and those that wait for the server to take more. */
  #out: Uint8Array[] = [];
  #waiting: Buffer[] = [];
  #isFlushing = false;

  constructor(url: string) {
    const { hostname, port, host } = new URL(url);
    this.#authority = host;
    this.#socket = connect({ host: hostname, port: Number(port), noDelay: true });
    this.#socket.on("data", (chunk: Buffer) => this.#reader.feed(chunk, 0));
    this.#socket.on("error", (error) => {
      throw error;
    });
    const settings = Buffer.alloc(6);
    settings.writeUInt16BE(INITIAL_WINDOW_SIZE);
    settings.writeUInt32BE(WINDOW_MAX, 2);
    const wider = Buffer.alloc(4);
    wider.writeUInt32BE(WINDOW_MAX - WINDOW_DEFAULT);
    this.#write(
      PREFACE,
      frame(FrameType.settings, 0, 0, settings),
      frame(FrameType.windowUpdate, 0, 0, wider),
    );
  }

  /** A unary call of gRPC. Resolves with the answer's message; rejects when it was refused. */
  call(path: string, message: Uint8Array): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      const chunks: Buffer[] = [];
      const end = (status: string) => {
        if (status !== "0") return reject(new Error(`${path}: grpc-status ${status}`));
        const [first] = chunks;
        const body = chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks);
        resolve(body.subarray(GRPC_FRAME_BYTES));
      };
      this.#ask(path, message, { data: (chunk) => chunks.push(chunk), end });
    });
  }

  /** A call whose answer comes in pieces, which are told of as they come. */
  stream(path: string, message: Uint8Array, data: (chunk: Buffer) => void): void {
    const end = (status: string) => {
      throw new Error(`${path} ended with grpc-status ${status}`);
    };
    this.#ask(path, message, { data, end });
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }

  #ask(path: string, message: Uint8Array, listener: Listener): void {
    const stream = this.#nextStream;
    this.#nextStream += 2;
    this.#open.set(stream, listener);
    this.#write(frame(FrameType.headers, Flag.endHeaders, stream, this.#headOf(path)));
    const body = Buffer.allocUnsafe(GRPC_FRAME_BYTES + message.length);
    body[0] = 0;
    body.writeUInt32BE(message.length, 1);
    body.set(message, GRPC_FRAME_BYTES);
    for (let at = 0; at < body.length; at += FRAME_BYTES_DEFAULT) {
      const piece = body.subarray(at, at + FRAME_BYTES_DEFAULT);
      const ends = at + FRAME_BYTES_DEFAULT >= body.length;
      this.#waiting.push(frame(FrameType.data, ends ? Flag.endStream : 0, stream, piece));
    }
    this.#sendWaiting();
  }

  #headOf(path: string): Buffer {
    const known = this.#heads.get(path);
    if (known !== undefined) return known;
    const fields = {
      ...{ ":method": "POST", ":scheme": "http", ":path": path, ":authority": this.#authority },
      ...{ "content-type": "application/grpc", te: "trailers" },
    };
    const into = Buffer.alloc(headersBytesMax(fields));
    const head = into.subarray(0, writeHeaders(fields, into, 0));
    this.#heads.set(path, head);
    return head;
  }

  #sendWaiting(): void {
    let sent = 0;
    for (const bytes of this.#waiting) {
      const length = bytes.length - FRAME_HEAD_BYTES;
      if (length > this.#window) break;
      this.#window -= length;
      this.#write(bytes);
      sent += 1;
    }
    this.#waiting.splice(0, sent);
  }

  #frame(type: number, flags: number, stream: number, payload: Buffer): void {
    switch (type) {
      case FrameType.data:
        this.#open.get(stream)?.data(payload);
        return;
      case FrameType.headers:
        return this.#head(flags, stream, payload);
      case FrameType.windowUpdate:
        // A request is shorter than any stream's window.
        if (stream === 0) this.#window += payload.readUInt32BE();
        return this.#sendWaiting();
      case FrameType.settings:
      case FrameType.ping: {
        const isAnswer = (flags & Flag.ack) !== 0;
        const content = type === FrameType.ping ? payload : Buffer.alloc(0);
        if (!isAnswer) this.#write(frame(type, Flag.ack, 0, content));
        return;
      }
      default:
        throw new Error(`a frame of type ${type} on stream ${stream}`);
    }
  }

  /** Every block goes through the decoder; of the last of a stream the status counts. */
  #head(flags: number, stream: number, block: Buffer): void {
    if ((flags & Flag.endHeaders) === 0) throw new Error("a head in several frames");
    const { fields } = this.#decoder.decode(block);
    if ((flags & Flag.endStream) === 0) return;
    const listener = this.#open.get(stream);
    this.#open.delete(stream);
    listener?.end(fields[fields.indexOf("grpc-status") + 1] ?? "missing");
  }

  #write(...frames: readonly Uint8Array[]): void {
    this.#out.push(...frames);
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    process.nextTick(() => {
      this.#isFlushing = false;
      this.#socket.write(Buffer.concat(this.#out));
      this.#out = [];
    });
  }
}

function frame(type: number, flags: number, stream: number, payload: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(FRAME_HEAD_BYTES + payload.length);
  bytes.set(payload, writeFrameHead(bytes, 0, payload.length, type, flags, stream));
  return bytes;
}
