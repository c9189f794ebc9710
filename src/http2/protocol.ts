/** The numbers of HTTP/2 (RFC 9113) that this server uses. */

export const FRAME_HEAD_BYTES = 9;

/** How a client begins. */
export const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "latin1");

/** The longest payload that a peer takes before it says otherwise; we never say otherwise. */
export const FRAME_BYTES_DEFAULT = 16_384;
const FRAME_BYTES_MAX = 0xff_ff_ff;

/** What a window holds before anybody changes it, and what it may never exceed. */
export const WINDOW_DEFAULT = 65_535;
export const WINDOW_MAX = 0x7f_ff_ff_ff;

export const FrameType = {
  data: 0,
  headers: 1,
  priority: 2,
  rstStream: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

export const Flag = {
  /** On SETTINGS and PING. */
  ack: 1,
  endStream: 1,
  endHeaders: 4,
  padded: 8,
  priority: 32,
} as const;

export const ErrorCode = {
  noError: 0,
  protocolError: 1,
  flowControlError: 3,
  streamClosed: 5,
  frameSizeError: 6,
  refusedStream: 7,
  cancel: 8,
  compressionError: 9,
  enhanceYourCalm: 11,
} as const;
export type ErrorCode = (typeof ErrorCode)[keyof typeof ErrorCode];

/** The whole connection is at fault: it is told so and ended. */
export class ConnectionError extends Error {
  override readonly name = "ConnectionError";
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** One stream is at fault: it is reset, and the others go on. */
export class StreamError extends Error {
  override readonly name = "StreamError";
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** A client that does not keep to the protocol's order, states or values. */
export function protocolError(message: string): ConnectionError {
  return new ConnectionError(ErrorCode.protocolError, message);
}

/** A frame of a length that its type does not have. */
export function frameSizeError(message: string): ConnectionError {
  return new ConnectionError(ErrorCode.frameSizeError, message);
}

/** Whether a peer may say that it takes frames of this length. */
export function isFrameSize(bytes: number): boolean {
  return bytes >= FRAME_BYTES_DEFAULT && bytes <= FRAME_BYTES_MAX;
}

/** A number as frames carry it, in four bytes. */
export function u32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32BE(value, 0);
  return bytes;
}
