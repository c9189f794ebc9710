import { expect, test } from "bun:test";
import { recordedContext } from "../../test/harness/cli-context.ts";
import type { CliContext } from "./context.ts";
import { type RunningServer, runServer } from "./run-server.ts";
import { serverNotes } from "./server-notes.ts";

type Signal = "SIGINT" | "SIGTERM";

/** A context whose signals and time a test owns. */
function steered() {
  const recorded = recordedContext();
  let listener: ((signal: Signal) => void) | undefined;
  let expire: (() => void) | undefined;
  const ended = Promise.withResolvers<number>();
  const context: CliContext = {
    ...recorded,
    clock: {
      ...recorded.clock,
      timer: (_ms, callback) => {
        expire = callback;
        return () => {
          expire = undefined;
        };
      },
    },
    onStopSignal: (on) => {
      listener = on;
      return () => {
        listener = undefined;
      };
    },
    exitNow: (code) => {
      ended.resolve(code);
      // Unlike a process, a test goes on after the end.
      return undefined as never;
    },
  };
  return {
    context,
    stderr: recorded.stderr,
    ended: ended.promise,
    signal: (signal: Signal) => listener?.(signal),
    expire: () => expire?.(),
    isListening: () => listener !== undefined,
  };
}

function fakeServer(stop: () => Promise<void> = () => Promise.resolve()) {
  const failure = Promise.withResolvers<never>();
  const calls = { stops: 0 };
  const server: RunningServer = {
    grpcUrl: "http://127.0.0.1:1",
    httpUrl: "http://127.0.0.1:2",
    failed: failure.promise,
    stop: () => {
      calls.stops++;
      return stop();
    },
  };
  return { server, calls, fail: failure.reject };
}

test("a signal stops the server, and the command ends with 0", async () => {
  const { context, signal, isListening } = steered();
  const { server, calls } = fakeServer();
  const announced = Promise.withResolvers<void>();
  const code = runServer(context, {
    start: () => Promise.resolve(server),
    announce: () => Promise.resolve(announced.resolve()),
    stopTimeoutMs: 1_000,
    note: serverNotes(context, "text"),
  });
  await announced.promise;
  expect(calls.stops).toBe(0);
  signal("SIGTERM");
  expect(await code).toBe(0);
  expect(calls.stops).toBe(1);
  expect(isListening()).toBe(false);
});

test("a signal during the start stops the server as soon as it stands, unannounced", async () => {
  const { context, signal } = steered();
  const { server, calls } = fakeServer();
  const started = Promise.withResolvers<RunningServer>();
  let announced = false;
  const code = runServer(context, {
    start: () => started.promise,
    announce: () => {
      announced = true;
      return Promise.resolve();
    },
    stopTimeoutMs: 1_000,
    note: serverNotes(context, "text"),
  });
  signal("SIGINT");
  started.resolve(server);
  expect(await code).toBe(0);
  expect({ announced, stops: calls.stops }).toEqual({ announced: false, stops: 1 });
});

test("the second signal ends the process at once with 1", async () => {
  const { context, signal, ended } = steered();
  const never = Promise.withResolvers<void>();
  const { server } = fakeServer(() => never.promise);
  const code = runServer(context, {
    start: () => Promise.resolve(server),
    announce: () => Promise.resolve(),
    stopTimeoutMs: 1_000,
    note: serverNotes(context, "text"),
  });
  signal("SIGTERM");
  signal("SIGTERM");
  expect(await ended).toBe(1);
  never.resolve();
  await code;
});

test("a stop that takes too long ends with 1 and says that nothing is lost", async () => {
  const { context, signal, expire, ended, stderr } = steered();
  const stopping = Promise.withResolvers<void>();
  const never = Promise.withResolvers<void>();
  const { server } = fakeServer(() => {
    stopping.resolve();
    return never.promise;
  });
  const code = runServer(context, {
    start: () => Promise.resolve(server),
    announce: () => Promise.resolve(),
    stopTimeoutMs: 1_000,
    note: serverNotes(context, "text"),
  });
  signal("SIGTERM");
  await stopping.promise;
  expire();
  expect(await ended).toBe(1);
  expect(stderr()).toContain("what was acknowledged is in the log");
  never.resolve();
  await code;
});

test("a service that fails stops the server, and its error is the command's", async () => {
  const { context } = steered();
  const { server, calls, fail } = fakeServer();
  const code = runServer(context, {
    start: () => Promise.resolve(server),
    announce: () => Promise.resolve(),
    stopTimeoutMs: 1_000,
    note: serverNotes(context, "text"),
  });
  fail(new Error("the disk is gone"));
  await expect(code).rejects.toThrow("the disk is gone");
  expect(calls.stops).toBe(1);
});

test("a start that fails is the command's error, and nothing listens afterwards", async () => {
  const { context, isListening } = steered();
  const code = runServer(context, {
    start: () => Promise.reject(new Error("locked")),
    announce: () => Promise.resolve(),
    stopTimeoutMs: 1_000,
    note: serverNotes(context, "text"),
  });
  await expect(code).rejects.toThrow("locked");
  expect(isListening()).toBe(false);
});
