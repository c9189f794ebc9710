/**
 * A hostile client in a process of its own: floods a server with the frames of an attack over
 * one connection after another, until it is ended. `bun test/bench/flooding.ts <host> <port>
 * <attack>`; says "warm" when it has been at it for a while.
 */
import { connect } from "node:net";
import { ATTACKS, type Attack, HELLO } from "../harness/http2-attacks.ts";

const FRAMES_AT_ONCE = 200;
const WARM_UP_BURSTS = 20;
const WARM = "warm\n";

/** A flood that goes on while it is in scope. */
export class Flooding implements AsyncDisposable {
  readonly #child: Bun.Subprocess<"ignore", "pipe", "inherit">;

  /** Use {@link start}. */
  constructor(child: Bun.Subprocess<"ignore", "pipe", "inherit">) {
    this.#child = child;
  }

  static async start(url: string, attack: Attack): Promise<Flooding> {
    const { hostname, port } = new URL(url);
    // It is there to burden the server, not the client that is measured, which may share its processor.
    const command = [
      "nice",
      "-n",
      "19",
      process.execPath,
      import.meta.path,
      hostname,
      port,
      attack,
    ];
    const child = Bun.spawn(command, { stdin: "ignore", stdout: "pipe", stderr: "inherit" });
    await child.stdout[Symbol.asyncIterator]().next();
    return new Flooding(child);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill();
    await this.#child.exited;
  }
}

/** One connection, until the server ends it. Calls back after each burst. */
function attackOnce(
  host: string,
  port: number,
  make: (index: number) => Buffer,
  burst: () => void,
): Promise<void> {
  const socket = connect(port, host);
  socket.on("error", () => undefined);
  socket.resume();
  let index = 0;
  const send = () => {
    if (socket.destroyed) return;
    const frames = Array.from({ length: FRAMES_AT_ONCE }, () => make(index++));
    burst();
    socket.write(Buffer.concat(frames), send);
  };
  socket.once("connect", () => socket.write(HELLO, send));
  return new Promise((resolve) => socket.once("close", () => resolve()));
}

if (import.meta.main) {
  const [host = "", port, attack] = process.argv.slice(2);
  let bursts = 0;
  const burst = () => {
    bursts += 1;
    if (bursts === WARM_UP_BURSTS) process.stdout.write(WARM);
  };
  for (;;) await attackOnce(host, Number(port), ATTACKS[attack as Attack], burst);
}
