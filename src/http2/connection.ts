/**
 * The server's side of one HTTP/2 connection (RFC 9113), over any line of bytes: it reads
 * frames, opens streams, hands them to whoever serves them, and ends the connection of a
 * client that breaks the rules. It knows no sockets.
 *
 * What a client can make it hold is bounded: a frame, a header block, the table of headers,
 * the receive window of each of so many streams. So is what it can make it do (DESIGN.md).
 */
import { NumberMap } from "../base/number-map.ts";
import { Allowance } from "./allowance.ts";
import { ClosedStreams, type Ended } from "./closed-streams.ts";
import { ControlFrames } from "./control-frames.ts";
import { FrameReader } from "./frame-reader.ts";
import { type HeaderBlock, HeaderBlocks, selfDependence } from "./header-blocks.ts";
import { HeaderDecoder, type HeaderList } from "./header-decoder.ts";
import type { OutgoingFields } from "./header-encoder.ts";
import { part } from "./part.ts";
import {
  ConnectionError,
  ErrorCode,
  Flag,
  FrameType,
  frameSizeError,
  PREFACE,
  protocolError,
  StreamError,
  u32,
  WINDOW_DEFAULT,
  WINDOW_MAX,
} from "./protocol.ts";
import { ReceiveWindow } from "./receive-window.ts";
import { checkFields, NO_HEAD } from "./request-head.ts";
import { type Line, Sender } from "./sender.ts";
import { ownSettings, takeSettings } from "./settings.ts";
import { Http2Stream, type StreamLine } from "./stream.ts";

export interface Http2ConnectionOptions {
  readonly line: Line;
  /** Called once for each request, with its head read; what it does not read waits. */
  readonly serve: (stream: Http2Stream) => void;
  readonly concurrentStreams: number;
  /** Of a request's head: names, values and 32 bytes a field. */
  readonly headBytesMax: number;
  /** Milliseconds that only grow. */
  readonly monotonic: () => number;
}

/** Streams that end early in a second beyond those that end well, before the client is told to calm down. */
export const ABANDONED_MAX = 1_000;
/** One after the other, with nothing of a body between them. */
const EMPTY_PIECES_MAX = 1_000;
const PING_BYTES = 8;

export class Http2Connection implements StreamLine {
  readonly #options: Http2ConnectionOptions;
  readonly #sender: Sender;
  readonly #control: ControlFrames;
  readonly #abandoned: Allowance;
  readonly #frames: FrameReader;
  readonly #blocks: HeaderBlocks;
  readonly #decoder: HeaderDecoder;
  readonly #streams = new NumberMap<Http2Stream>();
  /** Opened by what is being read, and not yet handed on. */
  #opened: Http2Stream[] = [];
  readonly #closedStreams = new ClosedStreams();
  readonly #window = new ReceiveWindow();
  #prefaceBytes = 0;
  #hasSettings = false;
  #lastStream = 0;
  #initialWindow = WINDOW_DEFAULT;
  #emptyPieces = 0;
  #isGoing = false;
  #isOver = false;

  constructor(options: Http2ConnectionOptions) {
    this.#options = options;
    this.#sender = new Sender(options.line);
    const { monotonic } = options;
    this.#control = new ControlFrames(monotonic);
    this.#abandoned = new Allowance({
      most: ABANDONED_MAX,
      monotonic,
      what: "streams that are cancelled",
    });
    this.#frames = new FrameReader((type, flags, stream, payload) =>
      this.#frame(type, flags, stream, payload),
    );
    // Somewhat more than is taken can be read and refused; with much more the connection ends.
    this.#blocks = new HeaderBlocks(4 * options.headBytesMax);
    this.#decoder = new HeaderDecoder(options.headBytesMax);
    this.#sender.frame(FrameType.settings, 0, 0, ownSettings(options));
    this.#sender.frame(FrameType.windowUpdate, 0, 0, u32(this.#window.widenedBy));
  }

  /** Takes what the socket has read, from the client's first byte on. Never throws because of the client. */
  receive(chunk: Buffer): void {
    if (this.#isOver) return;
    try {
      this.#frames.feed(chunk, this.#preface(chunk));
    } catch (error) {
      if (!(error instanceof ConnectionError)) throw error;
      this.#fail(error.code);
    }
    this.#serveOpened();
    this.#sender.flush();
  }

  /** The socket takes more. */
  drained(): void {
    if (!this.#isOver) this.#sender.drained();
  }

  /** Asks the client to go: what it has begun finishes, new streams are refused, then the line closes. */
  close(): void {
    if (this.#isOver || this.#isGoing) return;
    this.#isGoing = true;
    this.#goAway(ErrorCode.noError);
    this.#closeWhenIdle();
  }

  /** The socket is gone, and every stream with it. */
  lost(): void {
    this.#isOver = true;
    this.#sender.over();
    for (const stream of this.#streams.values()) stream.close();
    this.#streams.clear();
  }

  // What streams ask of their connection.

  headers(stream: Http2Stream, fields: OutgoingFields, ends: boolean): void {
    this.#sender.headers(stream.id, fields, ends);
  }

  ready(stream: Http2Stream): void {
    this.#control.paid();
    if (!this.#isOver) this.#sender.ready(stream);
  }

  credit(stream: Http2Stream, bytes: number): void {
    this.#sender.frame(FrameType.windowUpdate, 0, stream.id, u32(bytes));
  }

  reset(stream: Http2Stream, code: ErrorCode): void {
    this.#sender.frame(FrameType.rstStream, 0, stream.id, u32(code));
    this.#end(stream, "reset_by_us");
  }

  finished(stream: Http2Stream): void {
    this.#abandoned.pay(1);
    this.#end(stream, "completed");
  }

  // What the client sends.

  /** How many of these bytes belong to the preface. */
  #preface(chunk: Buffer): number {
    const missing = PREFACE.length - this.#prefaceBytes;
    if (missing === 0) return 0;
    const bytes = Math.min(missing, chunk.length);
    const expected = PREFACE.subarray(this.#prefaceBytes, this.#prefaceBytes + bytes);
    if (!chunk.subarray(0, bytes).equals(expected)) throw protocolError("this is no preface");
    this.#prefaceBytes += bytes;
    return bytes;
  }

  #frame(type: number, flags: number, stream: number, payload: Buffer): void {
    if (this.#isOver) return;
    if (!this.#hasSettings && type !== FrameType.settings)
      throw protocolError("SETTINGS come first");
    const { stream: unfinished } = this.#blocks;
    if (unfinished !== undefined && type !== FrameType.continuation) {
      throw protocolError("a header block was interrupted");
    }
    try {
      this.#take(type, flags, stream, payload);
    } catch (error) {
      if (!(error instanceof StreamError)) throw error;
      this.#abandoned.take();
      this.#resetNumber(stream, error.code);
    }
  }

  #take(type: number, flags: number, stream: number, payload: Buffer): void {
    this.#control.took(type);
    switch (type) {
      case FrameType.data:
        return this.#data(flags, stream, payload);
      case FrameType.headers:
        return this.#block(this.#blocks.headers(flags, stream, payload));
      case FrameType.continuation:
        return this.#block(this.#blocks.continuation(flags, stream, payload));
      case FrameType.priority:
        return this.#priority(stream, payload);
      case FrameType.rstStream:
        return this.#rstStream(stream, payload);
      case FrameType.settings:
        return this.#settings(flags, stream, payload);
      case FrameType.ping:
        return this.#ping(flags, stream, payload);
      case FrameType.goaway:
        if (stream !== 0) throw protocolError("GOAWAY is about the connection");
        return;
      case FrameType.windowUpdate:
        return this.#windowUpdate(stream, payload);
      case FrameType.pushPromise:
        throw protocolError("clients push nothing");
    }
  }

  #data(flags: number, number: number, payload: Buffer): void {
    this.#requireUsed(number);
    const credit = this.#window.arrived(payload.length);
    if (credit > 0) this.#sender.frame(FrameType.windowUpdate, 0, 0, u32(credit));
    let from = 0;
    let to = payload.length;
    if ((flags & Flag.padded) !== 0) {
      from = 1;
      to -= payload[0] ?? 0;
      if (from > to) throw protocolError("a frame is padded beyond its length");
    }
    const isEmpty = from === to && (flags & Flag.endStream) === 0;
    this.#emptyPieces = isEmpty ? this.#emptyPieces + 1 : 0;
    if (this.#emptyPieces > EMPTY_PIECES_MAX) {
      throw new ConnectionError(ErrorCode.enhanceYourCalm, "a body is sent in pieces of nothing");
    }
    const stream = this.#streams.get(number);
    if (stream === undefined) return this.#onClosed(number);
    stream.arrived(part(payload, from, to), payload.length);
    if ((flags & Flag.endStream) !== 0 && !stream.isClosed) stream.remoteEnds();
  }

  #block(whole: HeaderBlock | undefined): void {
    if (whole === undefined) return;
    const { stream: number, endsStream, fault } = whole;
    const list = this.#decoder.decode(whole.block);
    const stream = this.#streams.get(number);
    if (stream !== undefined) return this.#trailers(stream, list, endsStream);
    if (number <= this.#lastStream) return this.#lateHeaders(number);
    this.#lastStream = number;
    if (fault !== undefined) throw fault;
    if (this.#isGoing || this.#streams.size >= this.#options.concurrentStreams) {
      return this.#resetNumber(number, ErrorCode.refusedStream);
    }
    this.#open(number, list, endsStream);
  }

  #open(number: number, list: HeaderList, endsStream: boolean): void {
    const head = list.isTooLarge ? NO_HEAD : list.request;
    if (endsStream && (head.contentLength ?? 0) > 0) {
      throw new StreamError(ErrorCode.protocolError, "the body is shorter than it was said to be");
    }
    const stream = new Http2Stream(number, head, this, this.#initialWindow);
    this.#streams.set(number, stream);
    if (list.isTooLarge) {
      stream.respond({ ":status": 431, "content-length": 0 }, true);
      stream.reset(ErrorCode.noError);
      return;
    }
    this.#opened.push(stream);
    if (endsStream) stream.remoteEnds();
  }

  /** Hands on what was opened, unless the same bytes took it back: a stream that is reset at once costs its frames and no call. */
  #serveOpened(): void {
    if (this.#opened.length === 0) return;
    const opened = this.#opened;
    this.#opened = [];
    for (const stream of opened) if (!stream.isClosed) this.#options.serve(stream);
  }

  #trailers(stream: Http2Stream, list: HeaderList, endsStream: boolean): void {
    if (stream.hasRemoteEnded) {
      throw new StreamError(ErrorCode.streamClosed, "the request has ended");
    }
    if (!endsStream) throw new StreamError(ErrorCode.protocolError, "trailers end a request");
    checkFields(list.fields);
    stream.remoteEnds();
  }

  /** Of a stream that is no more, or was passed over and can never be. */
  #lateHeaders(number: number): void {
    const how = this.#closedStreams.howEnded(number);
    if (how === "reset_by_us") return;
    if (how === undefined) throw protocolError("a stream's number is lower than the last");
    throw new ConnectionError(ErrorCode.streamClosed, "the stream has ended");
  }

  #priority(stream: number, payload: Buffer): void {
    if (stream === 0) throw protocolError("PRIORITY is about a stream");
    if (payload.length !== 5) {
      throw new StreamError(ErrorCode.frameSizeError, "PRIORITY has five bytes");
    }
    const fault = selfDependence(stream, payload, 0);
    if (fault !== undefined) throw fault;
  }

  #rstStream(number: number, payload: Buffer): void {
    this.#requireUsed(number);
    if (payload.length !== 4) throw frameSizeError("RST_STREAM has four bytes");
    const stream = this.#streams.get(number);
    // Also of one that we reset: what comes after this was not on its way.
    if (stream === undefined) return this.#closedStreams.add(number, "reset_by_client");
    this.#abandoned.take();
    this.#end(stream, "reset_by_client");
  }

  #settings(flags: number, stream: number, payload: Buffer): void {
    if (stream !== 0) throw protocolError("SETTINGS are about the connection");
    if ((flags & Flag.ack) !== 0) {
      if (payload.length > 0) throw frameSizeError("an acknowledgement is empty");
      return;
    }
    this.#hasSettings = true;
    takeSettings(payload, (bytes) => this.#resizeWindows(bytes));
    this.#sender.reply(FrameType.settings, Flag.ack, NO_BYTES);
    this.#sender.widened();
  }

  #resizeWindows(bytes: number): void {
    const change = bytes - this.#initialWindow;
    this.#initialWindow = bytes;
    for (const stream of this.#streams.values()) {
      if (stream.sendWindow + change > WINDOW_MAX) {
        throw new ConnectionError(ErrorCode.flowControlError, "a window became too wide");
      }
      stream.sendWindow += change;
    }
  }

  #ping(flags: number, stream: number, payload: Buffer): void {
    if (stream !== 0) throw protocolError("PING is about the connection");
    if (payload.length !== PING_BYTES) throw frameSizeError("PING has eight bytes");
    if ((flags & Flag.ack) === 0) this.#sender.reply(FrameType.ping, Flag.ack, payload);
  }

  #windowUpdate(number: number, payload: Buffer): void {
    if (payload.length !== 4) throw frameSizeError("WINDOW_UPDATE has four bytes");
    const bytes = payload.readUInt32BE(0) & WINDOW_MAX;
    if (number === 0) {
      if (bytes === 0) throw protocolError("a window is widened by nothing");
      return this.#sender.widen(bytes);
    }
    this.#requireUsed(number);
    const stream = this.#streams.get(number);
    if (bytes === 0) throw new StreamError(ErrorCode.protocolError, "widened by nothing");
    if (stream === undefined) return;
    stream.widen(bytes);
    this.#sender.widened();
  }

  /** Throws PROTOCOL_ERROR for the connection and for streams that nobody has opened. */
  #requireUsed(number: number): void {
    if (number === 0 || number > this.#lastStream) throw protocolError("there is no such stream");
  }

  /** DATA of a stream that has ended: on its way when we ended it, or the client's fault. */
  #onClosed(number: number): void {
    if (this.#closedStreams.howEnded(number) === "reset_by_us") return;
    throw new StreamError(ErrorCode.streamClosed, "the stream has ended");
  }

  // How streams and the connection end.

  #resetNumber(number: number, code: ErrorCode): void {
    const stream = this.#streams.get(number);
    if (stream !== undefined) return this.reset(stream, code);
    this.#sender.frame(FrameType.rstStream, 0, number, u32(code));
    if (number <= this.#lastStream) this.#closedStreams.add(number, "reset_by_us");
  }

  #end(stream: Http2Stream, how: Ended): void {
    if (!this.#streams.delete(stream.id)) return;
    this.#closedStreams.add(stream.id, how);
    this.#sender.forget(stream);
    stream.close();
    this.#closeWhenIdle();
  }

  #closeWhenIdle(): void {
    if (!this.#isGoing || this.#isOver || this.#streams.size > 0) return;
    this.#isOver = true;
    this.#sender.end();
  }

  #fail(code: ErrorCode): void {
    this.#goAway(code);
    this.#sender.end();
    this.lost();
  }

  #goAway(code: ErrorCode): void {
    const payload = Buffer.alloc(8);
    payload.writeUInt32BE(this.#lastStream, 0);
    payload.writeUInt32BE(code, 4);
    this.#sender.frame(FrameType.goaway, 0, 0, payload);
  }
}

const NO_BYTES = new Uint8Array(0);
