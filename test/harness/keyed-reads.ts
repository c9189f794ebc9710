import { systemClock } from "../../src/base/clock.ts";
import type { Engine } from "../../src/engine/engine.ts";
import { EngineClient } from "../../src/link/engine-client.ts";
import { EngineHost } from "../../src/link/engine-host.ts";
import { KeyedReads } from "../../src/link/keyed-reads.ts";
import type { Partition } from "../../src/server/partition.ts";
import { PublishedViews } from "../../src/store/published-views.ts";
import { ViewBoard } from "../../src/store/view-board.ts";

const VIEWS = 8;

/** The engine of a partition as a face thread has it, in this thread, and how many reads have reached the engine itself. */
export function withKeyedReads(partition: Partition): {
  readonly client: EngineClient;
  readonly reachedEngine: () => number;
} {
  const { engine, stores, applied, wal } = partition;
  let reached = 0;
  const counting = <M extends "getNode" | "getNodes" | "getNodeByKey">(name: M): Engine[M] =>
    ((...asked: Parameters<Engine["getNode"]>) => {
      reached += 1;
      return (engine[name] as Engine["getNode"])(...asked);
    }) as Engine[M];
  const counted = new Proxy(engine as Engine, {
    get: (target, name) => {
      if (name === "getNode" || name === "getNodes" || name === "getNodeByKey")
        return counting(name);
      const member: unknown = Reflect.get(target, name);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
  const board = new ViewBoard(new SharedArrayBuffer(ViewBoard.bytes(VIEWS)));
  const views = new PublishedViews(board, VIEWS, stores, applied);
  const { port1, port2 } = new MessageChannel();
  const beside = {
    identify: () => Promise.reject(new Error("nobody asks")),
    actedFor: () => undefined,
    metricsText: () => Promise.resolve(""),
    isReady: () => true,
    monotonicMs: () => 0,
    publishView: (tenantId: string) => views.publish(tenantId),
  };
  new EngineHost(counted, beside, port1);
  const client = new EngineClient(port2);
  client.keyedReads = new KeyedReads({
    ...{ board, clock: systemClock, openViews: VIEWS },
    log: { logId: wal.logId, partition: wal.partition },
    publish: (tenantId) => client.beside.publishView(tenantId),
  });
  return { client, reachedEngine: () => reached };
}
