/**
 * A thread that keeps a processor awake by using it while nobody else does.
 *
 * It must never be what others wait for: a thread of the idle priority that is put aside for others
 * stays so for as long as they like, with whatever lock it holds, and what it starts has its priority. So
 * from then on it calls nothing but the kernel and makes nothing: it waits by the futex instead of
 * `Atomics.wait`, whose queue has a lock that the waking thread takes too; all of its code is compiled
 * beforehand; and it sleeps for ever rather than end, since to end a thread of the runtime is much work.
 */
import {
  ASLEEP,
  type AwakeRefusal,
  type AwakeStart,
  awakeWords,
  CLOSED,
  NOT_WANTED,
  NOWHERE,
  PROCESSOR,
  STATE,
  WANTED,
} from "./awake-words.ts";
import { type LinuxCalls, linuxCalls } from "./linux-calls.ts";
import { hasProcessorQuota } from "./processor-quota.ts";

declare const self: {
  onmessage: (event: { data: AwakeStart }) => void;
  postMessage: (refused: AwakeRefusal) => void;
};

/** So often, and for so long at a stretch, code has run that the compiler is done with. */
const WARM_TIMES = 10_000;
const WARM_MS = 20;

self.onmessage = ({ data: { words, forMs } }) => {
  const calls = linuxCalls();
  // What it uses counts, and in a group with a quota everything would stand still for it.
  if (calls === undefined || hasProcessorQuota()) return self.postMessage("refused");
  warm(calls);
  if (!calls.runWhenIdle()) return self.postMessage("refused");
  keepAwake(calls, words, forMs, Number.POSITIVE_INFINITY);
};

/** Does everything that is to come, on words of its own. */
function warm(calls: LinuxCalls): void {
  const words = awakeWords();
  use(words, NOWHERE, WARM_MS);
  words[STATE] = WANTED;
  keepAwake(calls, words, 0, WARM_TIMES);
}

/** Until it is closed, or was wanted so often. */
function keepAwake(calls: LinuxCalls, words: Int32Array, forMs: number, times: number): void {
  for (let i = 0; i < times && Atomics.load(words, STATE) !== CLOSED; i++) {
    Atomics.store(words, ASLEEP, 1);
    calls.waitWhile(words, NOT_WANTED);
    Atomics.store(words, ASLEEP, 0);
    let behindMs = -1;
    while (behindMs < forMs) {
      const processor = Atomics.load(words, PROCESSOR);
      calls.stayOn(processor);
      behindMs = use(words, processor, forMs);
    }
  }
}

/** Uses the processor while it is the one that is wanted, or was so short a time ago. Answers how long that is. */
function use(words: Int32Array, processor: number, forMs: number): number {
  let behindMs = 0;
  for (let wantedAt = performance.now(); behindMs < forMs; ) {
    if (Atomics.load(words, PROCESSOR) !== processor) break;
    const now = performance.now();
    if (Atomics.load(words, STATE) === WANTED) wantedAt = now;
    behindMs = now - wantedAt;
  }
  return behindMs;
}
