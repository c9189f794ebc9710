import type { RpcFaceOptions } from "./options.ts";
import { createRpcServer, type RpcServer } from "./server.ts";

/** The RPC face of an engine. */
export type RpcFace = RpcServer;

/** Builds the face; nothing runs until {@link RpcServer.listen}. */
export function createRpcFace(options: RpcFaceOptions): RpcFace {
  return createRpcServer(options, async () => {
    const { serveEngine } = await import("./engine-methods.ts");
    return serveEngine(options);
  });
}
