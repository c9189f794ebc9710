/**
 * Calls of Linux that the runtime has no name for, out of the C library. They change the calling
 * thread alone, and answer at once but for {@link LinuxCalls.waitWhile}.
 */
import { dlopen, FFIType, ptr } from "bun:ffi";

export interface LinuxCalls {
  /** The number of the processor that the calling thread runs on. */
  currentProcessor(): number;
  /** Lets the calling thread run on this processor alone, if there is such a one and it may. */
  stayOn(processor: number): void;
  /** Gives the calling thread, and what it starts from then on, only time that nobody else wants, for good; false where it may not. */
  runWhenIdle(): boolean;
  /** Holds the calling thread while the first word is this, until somebody wakes it. */
  waitWhile(words: Int32Array, value: number): void;
  /** Wakes one thread that waits for the first word. */
  wake(words: Int32Array): void;
}

/** Undefined on any other system. */
export function linuxCalls(): LinuxCalls | undefined {
  const futex = FUTEX[process.arch];
  if (process.platform !== "linux" || futex === undefined) return undefined;
  try {
    return callsOf(loadLibrary(), futex);
  } catch {
    // Another C library than the executable is made for.
    return undefined;
  }
}

/** The number of futex(2), which the library has no function for. */
const FUTEX: Partial<Record<NodeJS.Architecture, number>> = { x64: 202, arm64: 98 };
const FUTEX_WAIT = 0;
const FUTEX_WAKE = 1;
const SCHED_IDLE = 5;
/** As many as the library's own set has. */
const PROCESSORS_MAX = 1_024;

function loadLibrary() {
  const { i32, i64, u64, ptr: pointer } = FFIType;
  return dlopen("libc.so.6", {
    sched_getcpu: { args: [], returns: i32 },
    sched_setaffinity: { args: [i32, u64, pointer], returns: i32 },
    sched_setscheduler: { args: [i32, i32, pointer], returns: i32 },
    // Of its answer nothing is looked at: one of 64 bits would be made anew each time.
    syscall: { args: [i64, pointer, i64, i64, pointer], returns: i32 },
  }).symbols;
}

function callsOf(library: ReturnType<typeof loadLibrary>, futex: number): LinuxCalls {
  const set = new Uint8Array(PROCESSORS_MAX / 8);
  const noPriority = new Int32Array(1);
  return {
    currentProcessor: () => library.sched_getcpu(),
    stayOn(processor) {
      if (processor < 0 || processor >= PROCESSORS_MAX) return;
      set.fill(0);
      set[processor >> 3] = 1 << (processor & 7);
      library.sched_setaffinity(0, set.length, ptr(set));
    },
    runWhenIdle: () => library.sched_setscheduler(0, SCHED_IDLE, ptr(noPriority)) === 0,
    waitWhile(words, value) {
      library.syscall(futex, ptr(words), FUTEX_WAIT, value, null);
    },
    wake(words) {
      library.syscall(futex, ptr(words), FUTEX_WAKE, 1, null);
    },
  };
}
