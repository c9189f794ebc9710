/**
 * A thread that keeps a processor awake by using it while nobody else does.
 *
 * It must never be what others wait for: a thread of the idle priority that is put aside for others
 * stays so for as long as they like. So it takes no lock and no memory once it has begun: it waits
 * by the kernel's futex instead of `Atomics.wait`, whose queue has a lock that the waking thread takes
 * too; and it has run long enough beforehand, with the priority of the others, for all of its code to
 * be compiled.
 */
import {
  ASLEEP,
  type AwakeEnd,
  type AwakeStart,
  awakeWords,
  CLOSED,
  NOT_WANTED,
  PROCESSOR,
  STATE,
  WANTED,
} from "./awake-words.ts";
import { type LinuxCalls, linuxCalls } from "./linux-calls.ts";
import { hasProcessorQuota } from "./processor-quota.ts";

declare const self: {
  onmessage: (event: { data: AwakeStart }) => void;
  postMessage: (end: AwakeEnd) => void;
};

/** After so long without being wanted it gives back its memory. */
const UNUSED_MS = 10_000;
const WARM_MS = 50;

self.onmessage = ({ data }) => self.postMessage(live(data));

function live({ words, forMs }: AwakeStart): AwakeEnd {
  const calls = linuxCalls();
  // What it uses counts, and in a group with a quota everything would stand still for it.
  if (calls === undefined || hasProcessorQuota()) return "refused";
  use(awakeWords(), 0, WARM_MS);
  if (!calls.runWhenIdle()) return "refused";
  while (isWantedAgain(calls, words)) {
    for (let behindMs = 0; behindMs < forMs; ) {
      const processor = Atomics.load(words, PROCESSOR);
      if (!calls.stayOn(processor)) return "refused";
      behindMs = use(words, processor, forMs);
    }
  }
  return "unused";
}

/** Sleeps until it is wanted. False: it was not for too long, or never will be. */
function isWantedAgain(calls: LinuxCalls, words: Int32Array): boolean {
  const begun = performance.now();
  Atomics.store(words, ASLEEP, 1);
  calls.waitWhile(words, NOT_WANTED, UNUSED_MS);
  Atomics.store(words, ASLEEP, 0);
  return Atomics.load(words, STATE) !== CLOSED && performance.now() - begun < UNUSED_MS;
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
