import type { CancelSignal } from "../../src/base/cancel-signal.ts";
import { EntError } from "../../src/base/errors.ts";
import type { Administration } from "../../src/engine/administration.ts";
import type { Engine } from "../../src/engine/engine.ts";
import { NO_SNAPSHOTS } from "../../src/engine/snapshots.ts";
import type { Node } from "../../src/record/graph.ts";

/** An engine that answers as a test says; what the test did not script is NOT_IMPLEMENTED. */
export function scriptedEngine(script: Partial<Engine> = {}): Engine {
  const unscripted = (): never => {
    throw new EntError({
      code: "unimplemented",
      reason: "NOT_IMPLEMENTED",
      message: "This test has no answer to that.",
    });
  };
  const refuse = async () => unscripted();
  return {
    execute: refuse,
    getReceipt: refuse,
    getNode: refuse,
    getNodes: refuse,
    getNodeByKey: refuse,
    queryNodes: refuse,
    countNodes: refuse,
    listEdges: refuse,
    listConnected: refuse,
    searchNodes: refuse,
    listGrants: refuse,
    mailboxes: unscriptedPart(unscripted),
    changes: unscriptedPart(unscripted),
    events: unscriptedPart(unscripted),
    administration: unscriptedPart<Administration>(unscripted, {
      audited: (_by, _action, work) => work(),
    }),
    snapshots: NO_SNAPSHOTS,
    getSchema: refuse,
    checkSchema: refuse,
    registerSchema: refuse,
    health: () => ({ status: "healthy", components: {}, applierLagMs: 0, version: "test" }),
    logState: unscripted,
    archiveState: () => undefined,
    rebuildTenant: refuse,
    retryTenant: refuse,
    ...script,
  };
}

/** A part of the engine of which nothing else is scripted. */
export function unscriptedPart<T extends object>(refuse: () => never, script: Partial<T> = {}): T {
  return new Proxy(script as T, {
    get: (scripted, name) => scripted[name as keyof T] ?? refuse,
  });
}

/** A node with one text field. */
export function nodeOf(text = "hello"): Node {
  return {
    id: "nd_01hzy3v7q8r9s0t1v2w3x4y5z6",
    typeId: 1,
    fields: new Map([[1, { kind: "str", value: text }]]),
    ownerActor: "user:alice",
    version: 1,
    createdAt: 1_700_000_000_000,
    updatedAt: 1_700_000_000_001,
    deleted: false,
  };
}

/** Waits until its signal aborts, and throws the reason: what an engine does that has nothing to answer. */
export function untilAborted(signal: CancelSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) return reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
