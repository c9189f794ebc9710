import { describe, expect, test } from "bun:test";
import {
  anySignal,
  type CancelSignal,
  CancelSource,
  isCancelSignal,
  nativeSignal,
} from "./cancel-signal.ts";

interface Ending {
  readonly signal: CancelSignal;
  abort(reason: unknown): void;
}

/** Ours must do what the runtime's does: work is given the one or the other and cannot tell. */
const SIGNALS: [name: string, make: () => Ending][] = [
  ["the runtime's", () => new AbortController()],
  [
    "our own",
    () => {
      const source = new CancelSource();
      return { signal: source, abort: (reason) => source.abort(reason) };
    },
  ],
  [
    "our own as the runtime's",
    () => {
      const source = new CancelSource();
      return { signal: nativeSignal(source), abort: (reason) => source.abort(reason) };
    },
  ],
];

describe.each(SIGNALS)("a signal, %s,", (_name, make) => {
  test("tells everybody who listens, once, with the first reason", () => {
    const ending = make();
    const heard: string[] = [];
    for (const name of ["a", "b"]) {
      ending.signal.addEventListener("abort", () => heard.push(name), { once: true });
    }
    expect([ending.signal.aborted, ending.signal.reason]).toEqual([false, undefined]);
    ending.signal.throwIfAborted();

    const reason = new Error("enough");
    ending.abort(reason);
    ending.abort(new Error("more than enough"));
    expect(heard).toEqual(["a", "b"]);
    expect(ending.signal.aborted).toBe(true);
    expect(ending.signal.reason).toBe(reason);
    expect(() => ending.signal.throwIfAborted()).toThrow(reason);
  });

  test("tells nobody who has stopped listening, also while it tells, nor who came too late", () => {
    const ending = make();
    const heard: string[] = [];
    const left = () => heard.push("left");
    const next = () => heard.push("next");
    ending.signal.addEventListener("abort", left, { once: true });
    ending.signal.removeEventListener("abort", left);
    ending.signal.addEventListener("abort", () => {
      heard.push("first");
      ending.signal.removeEventListener("abort", next);
      ending.signal.addEventListener("abort", () => heard.push("late"), { once: true });
    });
    ending.signal.addEventListener("abort", next, { once: true });
    ending.abort("enough");
    expect(heard).toEqual(["first"]);
  });

  test("is known as one", () => {
    expect(isCancelSignal(make().signal)).toBe(true);
    expect(isCancelSignal({ aborted: false })).toBe(false);
  });
});

test("a signal that has ended before is one of the runtime's that has", () => {
  const source = new CancelSource();
  const reason = new Error("enough");
  source.abort(reason);
  expect(nativeSignal(source).reason).toBe(reason);
});

test("the first of several signals to end ends what listens to any of them", () => {
  const source = new CancelSource();
  const controller = new AbortController();
  const any = anySignal(controller.signal, source);
  source.abort("enough");
  controller.abort("more than enough");
  expect([any.aborted, any.reason]).toEqual([true, "enough"]);
});
