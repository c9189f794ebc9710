import { describe, expect, test } from "bun:test";
import { EntError } from "../../src/base/errors.ts";
import type { Engine } from "../../src/engine/engine.ts";
import { clientGone } from "../../src/face/interruptions.ts";
import { EngineClient } from "../../src/link/engine-client.ts";
import { EngineHost } from "../../src/link/engine-host.ts";
import type { Beside } from "../../src/link/messages.ts";
import { withKeyedReads } from "../harness/keyed-reads.ts";
import { refused } from "../harness/refusal.ts";
import { scriptedEngine, untilAborted } from "../harness/scripted-engine.ts";
import { engineContract, turns, until } from "./engine.ts";

const CALLER = { tenantId: "acme", actor: "user:ada", roles: [], credential: "" };
const WATCH = {
  ...{ after: undefined, fromBeginning: true, typeIds: [], edgeTypeIds: [], withNodes: false },
  ...{ heartbeatMs: 0, expiresAt: Number.POSITIVE_INFINITY },
};
const ANY = { atLeast: undefined, strong: false };
const never = new AbortController().signal;
const nothingBeside: Beside = {
  identify: () => Promise.reject(new Error("nobody")),
  actedFor: () => undefined,
  metricsText: () => Promise.resolve(""),
  isReady: () => true,
  monotonicMs: () => 0,
  publishView: () => undefined,
};

function linked(engine: Engine, beside: Beside = nothingBeside) {
  const { port1, port2 } = new MessageChannel();
  return { host: new EngineHost(engine, beside, port1), client: new EngineClient(port2) };
}

engineContract({ name: "the engine in this thread", over: ({ engine }) => engine });
engineContract({
  name: "the engine over a port",
  over: ({ engine }) => linked(engine, nothingBeside).client,
});
engineContract({
  name: "the engine over a port, with reads by key on this side",
  over: (partition) => withKeyedReads(partition).client,
});

describe("between two threads", () => {
  test("a stream holds a few items ahead of its reader, and no more", async () => {
    let made = 0;
    const watch = async function* () {
      while (made < 100) {
        made += 1;
        yield { changes: [], positionToken: new Uint8Array(0), walPosition: `0:${made}` };
      }
    };
    const { client } = linked(scriptedEngine({ changes: { watch } }));
    const stream = client.changes.watch(CALLER, WATCH, never)[Symbol.asyncIterator]();
    await stream.next();
    await turns(50);
    expect(made).toBe(4);
    const places = ["0:1"];
    for (let read = await stream.next(); !read.done; read = await stream.next()) {
      places.push(read.value.walPosition);
    }
    expect(places).toEqual(Array.from({ length: 100 }, (_, i) => `0:${i + 1}`));
  });

  test("what a thread had asked for is cancelled when it has gone", async () => {
    const ended: string[] = [];
    const getSchema: Engine["getSchema"] = (_caller, _freshness, signal) =>
      untilAborted(signal).catch((error: EntError) => {
        ended.push(error.reason);
        throw error;
      });
    const watch = async function* (_caller: unknown, _request: unknown, signal: AbortSignal) {
      await untilAborted(signal).catch(() => ended.push("watch"));
      yield* [];
    };
    const { host, client } = linked(scriptedEngine({ getSchema, changes: { watch } }));
    void client.getSchema(CALLER, ANY, never).catch(() => undefined);
    void client.changes.watch(CALLER, WATCH, never)[Symbol.asyncIterator]().next();
    await until(() => host.size === 2);
    host.close(clientGone());
    await until(() => host.size === 0);
    expect(ended.sort()).toEqual(["CANCELED", "watch"]);
  });

  test("what cannot cross is refused by itself, and nothing else with it", async () => {
    const { client } = linked(
      scriptedEngine({
        health: () => ({ status: "healthy", components: {}, applierLagMs: 0, version: "1" }),
        logState: () => ({ logId: () => "a function" }) as never,
      }),
    );
    const asked = [client.health(), refused(Promise.resolve(client.logState()))] as const;
    expect(await asked[0]).toMatchObject({ version: "1" });
    await asked[1].catch((error) => expect(String(error)).toContain("clone"));
  });

  test("an error keeps what only its log line shows", async () => {
    const cause = Object.assign(new Error("disk I/O error"), { code: "SQLITE_IOERR" });
    const failing = () => {
      throw new EntError({
        ...{ code: "unavailable", reason: "OVERLOADED", message: "m", cause },
        ...{ retryable: true, retryAfterMs: 7 },
      });
    };
    const { client } = linked(scriptedEngine({ archiveState: failing }));
    const error = await refused(Promise.resolve(client.archiveState()));
    expect(error).toMatchObject({ reason: "OVERLOADED", retryAfterMs: 7, retryable: true });
    expect(error.cause).toMatchObject({ message: "disk I/O error", code: "SQLITE_IOERR" });
  });
});
