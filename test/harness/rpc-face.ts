import { type Authenticator, trusting } from "../../src/access/authenticate.ts";
import type { Clock } from "../../src/base/clock.ts";
import { systemClock } from "../../src/base/clock.ts";
import { systemRandom } from "../../src/base/random.ts";
import { turn } from "../../src/base/turn.ts";
import type { Engine } from "../../src/engine/engine.ts";
import type { FinishedCall, RequestMeter } from "../../src/rpc/call-context.ts";
import { createRpcFace, type RpcFace } from "../../src/rpc/face.ts";
import type { HttpPolicy } from "../../src/rpc/listener/http-rules.ts";
import type { RpcLimits } from "../../src/rpc/options.ts";
import type { RpcListener } from "../../src/rpc/server.ts";
import { FakeClock } from "./fake-clock.ts";
import { scriptedEngine } from "./scripted-engine.ts";

/** What a test saw of the face's meter and log. */
export interface Seen {
  readonly calls: FinishedCall[];
  readonly ended: string[];
  readonly faults: unknown[];
  started: number;
  connections: number;
}

export interface TestFace extends AsyncDisposable {
  readonly face: RpcFace;
  readonly listener: RpcListener;
  readonly port: number;
  /** "http://127.0.0.1:port" */
  readonly url: string;
  readonly seen: Seen;
}

export interface TestFaceOptions {
  /** A real engine, instead of one that answers as the test says. */
  readonly behind?: Engine;
  readonly engine?: Partial<Engine>;
  readonly limits?: Partial<RpcLimits>;
  readonly policy?: HttpPolicy;
  readonly clock?: Clock;
  readonly thin?: boolean;
  readonly reflection?: boolean;
  /** Defaults to trusting whoever calls. */
  readonly authenticator?: Authenticator;
}

/** The face as the server builds it, on a free port, over an engine that answers as the test says. */
export async function startFace(options: TestFaceOptions = {}): Promise<TestFace> {
  const seen: Seen = { calls: [], ended: [], faults: [], started: 0, connections: 0 };
  const { engine, behind, ...rest } = options;
  const face = createRpcFace({
    authenticator: trusting,
    clock: systemClock,
    random: systemRandom,
    ...rest,
    engine: behind ?? scriptedEngine(engine),
    meter: meterInto(seen),
    log: { fault: (facts) => seen.faults.push(facts.cause) },
  });
  const listener = await face.listen("127.0.0.1", 0);
  const { port } = listener;
  return {
    face,
    listener,
    port,
    url: `http://127.0.0.1:${port}`,
    seen,
    [Symbol.asyncDispose]: () => stopped(listener, options.clock),
  };
}

/** Stops the listener, and lets time pass where the test owns it. */
async function stopped(listener: RpcListener, clock: Clock | undefined): Promise<void> {
  let done = false;
  const stopping = listener.stop(0).finally(() => {
    done = true;
  });
  while (!done && clock instanceof FakeClock) {
    await turn();
    clock.advance(10);
  }
  await stopping;
}

function meterInto(seen: Seen): RequestMeter {
  return {
    callStarted: () => {
      seen.started += 1;
    },
    callFinished: (call) => seen.calls.push(call),
    connectionOpened: () => {
      seen.connections += 1;
    },
    connectionClosed: () => {
      seen.connections -= 1;
    },
    connectionEnded: (cause) => seen.ended.push(cause),
  };
}

/** Resolves when the condition holds, which some event of the runtime is about to bring about. */
export async function eventually(condition: () => boolean, what: string): Promise<void> {
  for (let i = 0; i < 20_000; i++) {
    if (condition()) return;
    await turn();
  }
  throw new Error(`never came: ${what}`);
}
