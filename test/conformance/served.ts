/**
 * The suite's service behind the product's listener, paths and calls, in the thread that asks
 * for it. Several threads share a port, and count against limits together, as the server's
 * face threads do.
 */
import { createRegistry } from "@bufbuild/protobuf";
import { ConnectError } from "@connectrpc/connect";
import { file_connectrpc_conformance_v1_conformance } from "../../gen/connectrpc/conformance/v1/conformance_pb.ts";
import { trusting } from "../../src/access/authenticate.ts";
import { systemClock } from "../../src/base/clock.ts";
import { systemRandom } from "../../src/base/random.ts";
import { sharedFaceCounts } from "../../src/face/counts.ts";
import type { TlsMaterial } from "../../src/face/tls.ts";
import { type ErrorMap, toWireError } from "../../src/rpc/errors.ts";
import type { RpcServerOptions } from "../../src/rpc/options.ts";
import { createRpcServer } from "../../src/rpc/server.ts";
import { type ServedMethods, serveMethods } from "../../src/rpc/serving.ts";
import { conformanceMethods } from "./service.ts";

export const HOST = "127.0.0.1";

/** What is served, as plain data. */
export interface Wanted {
  /** 0 takes a free one. */
  readonly port: number;
  readonly thin: boolean;
  /** Undefined: the product's own limit. */
  readonly messageBytes: number | undefined;
  readonly tls: TlsMaterial | undefined;
  /** Calls answered over the thin path, and in all: two numbers that grow. */
  readonly answered: SharedArrayBuffer;
  /** Undefined: one thread serves alone. */
  readonly thread: SharedPort | undefined;
}

/** What the threads of one port share. */
export interface SharedPort {
  readonly index: number;
  readonly threads: number;
  /** `face/counts.ts`. */
  readonly counts: SharedArrayBuffer;
}

/** In {@link Wanted.answered}. */
export const THIN = 0;
export const ALL = 1;

const ignore = () => undefined;

/**
 * The product's map, but for what the suite compares to the letter: the errors that its
 * handlers throw go out as they are, and no error carries details that it did not ask for.
 */
const errors: ErrorMap = (thrown, call, log) => {
  if (thrown instanceof ConnectError) return { error: thrown, reason: "INTERNAL" };
  const { error, reason } = toWireError(thrown, call, log);
  error.details.length = 0;
  return { error, reason };
};

/** Serves from now on. Resolves with the port. */
export async function serve(wanted: Wanted): Promise<number> {
  const { thread, tls } = wanted;
  const counts = thread && sharedFaceCounts(thread.counts, thread.threads, thread.index);
  const options = optionsOf(wanted, counts?.rpc);
  const { port } = await createRpcServer(options, () => serveMethods(options)).listen(
    HOST,
    wanted.port,
    {
      tls: tls && { current: tls, onRenewed: ignore },
      reusePort: thread !== undefined,
      counts: counts?.grpcPort,
    },
  );
  return port;
}

function optionsOf(
  { thin, messageBytes, answered }: Wanted,
  counts: RpcServerOptions["counts"],
): RpcServerOptions & ServedMethods {
  const calls = new Int32Array(answered);
  return {
    methods: conformanceMethods(),
    errors,
    anyTypes: createRegistry(file_connectrpc_conformance_v1_conformance),
    authenticator: trusting,
    clock: systemClock,
    random: systemRandom,
    thin,
    counts,
    // The suite's answers are small: compress them all, or nothing would be compressed.
    limits: { compressMinBytes: 1, ...(messageBytes !== undefined && { messageBytes }) },
    meter: {
      callStarted: ignore,
      callFinished: (call) => {
        Atomics.add(calls, ALL, 1);
        if (call.thin) Atomics.add(calls, THIN, 1);
      },
      connectionOpened: ignore,
      connectionClosed: ignore,
      connectionEnded: ignore,
    },
    log: {
      fault: ({ rpc, cause }) => void process.stderr.write(`${rpc}: ${Bun.inspect(cause)}\n`),
    },
  };
}
