/**
 * What faces count on of an engine, wherever it runs: answers and errors whole, an end to every
 * wait, streams that stand still while nobody reads. Run over every engine there is.
 */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { type Identity, TRUSTED } from "../../src/access/identity.ts";
import { EntError } from "../../src/base/errors.ts";
import { turn } from "../../src/base/turn.ts";
import type { Engine } from "../../src/engine/engine.ts";
import { deadlineExceeded } from "../../src/face/interruptions.ts";
import type { Partition } from "../../src/server/partition.ts";
import { EMAIL, GRAPH_SCHEMA, NAME, USER } from "../harness/graph-schema.ts";
import { createNode, deleteNode, ownId, str } from "../harness/operations.ts";
import { TestPartition } from "../harness/partition.ts";
import { refused } from "../harness/refusal.ts";
import { TenantClient } from "../harness/tenant-client.ts";

export interface EngineUnderTest {
  readonly name: string;
  /** The partition's engine as faces get it. */
  readonly over: (partition: Partition) => Engine;
}

const never = new AbortController().signal;
const OPERATOR: Identity = { ...TRUSTED, actor: "user:root", credential: "key:root" };
const FROM_THE_START = {
  ...{ after: undefined, fromBeginning: true, typeIds: [], edgeTypeIds: [], withNodes: false },
  ...{ heartbeatMs: 0, expiresAt: Number.POSITIVE_INFINITY },
};

export function engineContract({ name, over }: EngineUnderTest): void {
  describe(name, () => {
    let partition: TestPartition;
    let engine: Engine;
    let alice: TenantClient;

    beforeEach(async () => {
      partition = await TestPartition.open();
      engine = over(partition.partition);
      const caller = { tenantId: "acme", actor: "user:alice", roles: [], credential: "" };
      alice = new TenantClient(() => engine, caller);
      await alice.register(GRAPH_SCHEMA);
    });
    afterEach(() => partition[Symbol.asyncDispose]());

    test("a transaction's outcome, and what it wrote, come back as they are", async () => {
      const id = ownId("nd", 1);
      const { results, positionToken } = await alice.execute(
        [createNode(USER, { [NAME]: str("Ada"), [EMAIL]: str("ada@x") }, { id, alias: "a" })],
        { key: "one" },
      );
      expect(results).toMatchObject([{ alias: "a", nodeId: id, created: true }]);
      expect(positionToken).toBeInstanceOf(Uint8Array);
      const node = await alice.node(id, { atLeast: positionToken });
      expect(node.fields).toEqual(
        new Map([
          [EMAIL, str("ada@x")],
          [NAME, str("Ada")],
        ]),
      );
      expect(await alice.receipt("one")).toMatchObject({
        state: "applied",
        results: [{ nodeId: id }],
      });
    });

    test("bytes that are a piece of a larger buffer are taken for what they are", async () => {
      const { positionToken } = await alice.execute([createNode(USER, {}, { id: ownId("nd", 1) })]);
      const message = new Uint8Array(100_000);
      message.set(positionToken, 500);
      const atLeast = message.subarray(500, 500 + positionToken.length);
      expect((await alice.node(ownId("nd", 1), { atLeast })).version).toBe(1);
    });

    test("a refusal has its code, reason, hint and details", async () => {
      const id = await alice.make(createNode(USER));
      const local = await refused(partition.tenant("acme").execute([deleteNode(id, 7)]));
      const here = await refused(alice.execute([deleteNode(id, 7)]));
      expect(here).toBeInstanceOf(EntError);
      const said = ({ code, reason, message, hint, details, retryable }: EntError) => {
        const { wal_position: _, ...facts } = details;
        return JSON.stringify({ code, reason, message, hint, facts, retryable });
      };
      expect(said(here)).toBe(said(local));
      expect(here.reason).toBe("VERSION_CONFLICT");
    });

    test("a deadline behind the append says where the transaction stands", async () => {
      partition.held.batches.close();
      const before = partition.partition.wal.end;
      const deadline = new AbortController();
      const late = refused(alice.execute([createNode(USER)], { signal: deadline.signal }));
      await until(() => partition.partition.wal.end > before);
      await turns(20);
      deadline.abort(deadlineExceeded());
      const { reason, details } = await late;
      expect(reason).toBe("DEADLINE_EXCEEDED");
      expect(details["wal_position"]).toBe(`0:${before}`);
      partition.held.batches.open();
    });

    test("a call that was given up before it began is not begun", async () => {
      const gone = AbortSignal.abort(deadlineExceeded());
      const { end } = partition.partition.wal;
      expect((await refused(alice.execute([createNode(USER)], { signal: gone }))).reason).toBe(
        "DEADLINE_EXCEEDED",
      );
      expect(partition.partition.wal.end).toBe(end);
    });

    test("a schema is the same object as long as it stands", async () => {
      await alice.schema();
      // Who can read it by himself begins to with the first time.
      await turns(20);
      const { schema } = await alice.schema();
      expect((await alice.schema()).schema).toBe(schema);
      const more = { ...GRAPH_SCHEMA, node_types: [{ type_id: 77, name: "More", fields: [] }] };
      await alice.register(more);
      const next = await alice.schema();
      expect(next.schema).not.toBe(schema);
      expect(next.schema.nodeTypes.some(({ typeId }) => typeId === 77)).toBe(true);
    });

    test("health and the log's state are told", async () => {
      expect(await engine.health()).toMatchObject({ status: "healthy" });
      expect((await engine.logState()).endOffset).toBe(partition.partition.wal.end);
      expect(await engine.archiveState()).toBeUndefined();
    });

    test("what is audited is accounted for, whatever its work came to", async () => {
      const what = { action: "tenant_rebuilt", tenantId: "acme" };
      const audited = (work: () => Promise<number>) =>
        engine.administration.audited(OPERATOR, what, work);
      expect(await audited(() => Promise.resolve(7))).toBe(7);
      const failure = new EntError({ code: "aborted", reason: "REPLAY_DIVERGED", message: "no" });
      expect(await refused(audited(() => Promise.reject(failure)))).toBe(failure);
      const request = { tenantId: "acme", from: 0, until: 0, pageSize: 0, cursor: undefined };
      const { items } = await engine.administration.listAuditEvents(OPERATOR, request);
      const ours = items.filter(({ action }) => action === "tenant_rebuilt");
      expect(ours.map(({ outcome }) => outcome)).toEqual(["REPLAY_DIVERGED", "applied"]);
    });

    test("a watch gets every change in order, and ends in peace when it is given up", async () => {
      const leave = new AbortController();
      const seen: string[] = [];
      for (let i = 1; i <= 20; i++) await alice.make(createNode(USER, {}, { id: ownId("nd", i) }));
      for await (const batch of engine.changes.watch(alice.caller, FROM_THE_START, leave.signal)) {
        for (const { nodeId } of batch.changes) if (nodeId !== "") seen.push(nodeId);
        if (seen.length === 20) leave.abort(deadlineExceeded());
      }
      expect(seen).toEqual(Array.from({ length: 20 }, (_, i) => ownId("nd", i + 1)));
      await until(() => partition.engine.changes.count === 0);
    });

    test("a watch that nobody reads any more gives its place back", async () => {
      for await (const _ of engine.changes.watch(alice.caller, FROM_THE_START, never)) break;
      await until(() => partition.engine.changes.count === 0);
    });

    test("a watch that is refused says why", async () => {
      const request = { ...FROM_THE_START, typeIds: [999] };
      const watch = engine.changes.watch(alice.caller, request, never)[Symbol.asyncIterator]();
      expect((await refused(watch.next())).reason).toBe("TYPE_UNKNOWN");
    });
  });
}

/** So many turns of the event loop. */
export async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await turn();
}

/** Turns of the event loop, until it is so. */
export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await turns(1);
}
