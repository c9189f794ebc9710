/**
 * Clients that flood an HTTP/2 connection with frames that cost them nothing: the connection
 * that does it is ended, memory stays bounded, and calls on other connections are answered
 * meanwhile.
 */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { connect } from "node:net";
import { ATTACKS, CALL, END_HEADERS, frame, HELLO } from "../harness/http2-attacks.ts";
import { startFace, type TestFace } from "../harness/rpc-face.ts";
import { nodeOf } from "../harness/scripted-engine.ts";
import { rpcClient } from "../harness/wire.ts";

const DATA = 0;
const HEADERS = 1;
const FRAMES_AT_ONCE = 200;
const MB = 1024 * 1024;

let face: TestFace;

beforeEach(async () => {
  const getNode = async () => ({ node: nodeOf(), positionToken: new Uint8Array(0) });
  face = await startFace({ engine: { getNode } });
});

afterEach(async () => {
  await face[Symbol.asyncDispose]();
});

interface Flood {
  /** Of so many frames, or until the server ends the connection. */
  readonly frames: number;
  readonly make: (index: number) => Buffer;
  /** Whether the client reads what comes back meanwhile. Defaults to true. */
  readonly reads?: boolean;
  /** Whether to look at what has come back until the server ends the connection. Defaults to false. */
  readonly toTheEnd?: boolean;
}

interface Came {
  /** Whether the server ended the connection. */
  readonly ended: boolean;
  readonly grownMb: number;
  /** Calls on another connection that were answered while it went on. */
  readonly answered: number;
}

async function flood({ frames, make, reads = true, toTheEnd = false }: Flood): Promise<Came> {
  const socket = connect(face.port, "127.0.0.1");
  let ended = false;
  socket.on("error", () => undefined);
  const closed = new Promise<void>((resolve) => {
    socket.on("close", () => {
      ended = true;
      resolve();
    });
  });
  await new Promise((resolve) => socket.once("connect", resolve));
  if (reads) {
    socket.resume();
  } else socket.pause();
  socket.write(HELLO);
  const other = rpcClient("grpc", face.url);
  const before = process.memoryUsage.rss();
  let most = before;
  let answered = 0;
  for (let sent = 0; sent < frames && !ended; sent += FRAMES_AT_ONCE) {
    const burst = Array.from({ length: FRAMES_AT_ONCE }, (_, i) => make(sent + i));
    await written(socket, Buffer.concat(burst));
    most = Math.max(most, process.memoryUsage.rss());
    if (sent % (FRAMES_AT_ONCE * 20) > 0) continue;
    await other.getNode({ context: { tenantId: "acme", actor: "user:a" }, id: "x" });
    answered += 1;
  }
  if (toTheEnd && !ended) {
    socket.resume();
    await closed;
  }
  socket.destroy();
  return { ended, grownMb: (most - before) / MB, answered };
}

/** Resolves when the bytes have left, or nobody is there to take them. */
function written(socket: ReturnType<typeof connect>, bytes: Buffer): Promise<void> {
  return new Promise((resolve) => {
    if (socket.destroyed) resolve();
    else socket.write(bytes, () => resolve());
  });
}

describe("a flood of", () => {
  test.each<[string, Flood]>([
    ["streams that are reset at once", { frames: 100_000, make: ATTACKS.resets }],
    ["pieces of one endless head", { frames: 100_000, make: ATTACKS["an endless head"] }],
    ["empty pieces of a body", { frames: 100_000, make: ATTACKS["an empty body"] }],
    ["pings", { frames: 100_000, make: ATTACKS.pings }],
    ["settings", { frames: 100_000, make: ATTACKS.settings }],
    ["priorities", { frames: 100_000, make: ATTACKS.priorities }],
    ["window updates", { frames: 100_000, make: ATTACKS["window updates"] }],
    ["pings whose answers nobody reads", { frames: 100_000, reads: false, make: ATTACKS.pings }],
    [
      "settings whose acknowledgements nobody reads",
      { frames: 100_000, reads: false, make: ATTACKS.settings },
    ],
  ])(
    "%s ends its connection",
    async (_name, attack) => {
      const came = await flood({ ...attack, toTheEnd: true });
      expect(came.ended).toBe(true);
      expect(came.grownMb).toBeLessThan(64);
      expect(came.answered).toBeGreaterThan(0);
    },
    60_000,
  );
});

test("a body of one-byte pieces is read as one", async () => {
  const message = Buffer.concat([
    Buffer.alloc(5),
    Buffer.from([0x0a, 0x0e, 0x0a, 4]),
    Buffer.from("acme"),
    Buffer.from([0x12, 6]),
    Buffer.from("user:a"),
    Buffer.from([0x12, 1]),
    Buffer.from("x"),
  ]);
  message.writeUInt32BE(message.length - 5, 1);
  const pieces = [...message].map((byte, i) =>
    frame(DATA, i === message.length - 1 ? 1 : 0, 1, Buffer.from([byte])),
  );
  const socket = connect(face.port, "127.0.0.1");
  await new Promise((resolve) => socket.once("connect", resolve));
  const seen: Buffer[] = [];
  const answered = new Promise<void>((resolve) => {
    socket.on("data", (bytes: Buffer) => {
      seen.push(bytes);
      if (Buffer.concat(seen).includes("user:")) resolve();
    });
  });
  const head = frame(HEADERS, END_HEADERS, 1, CALL);
  socket.write(Buffer.concat([HELLO, head]));
  for (const piece of pieces) await written(socket, piece);
  await answered;
  socket.destroy();
  expect(face.seen.calls.map(({ code }) => code)).toEqual(["ok"]);
});
