/**
 * Calls of Linux that the runtime has no name for, out of the C library. They change the calling
 * thread alone, and answer at once but for {@link LinuxCalls.waitWhile}.
 */
import { dlopen, FFIType, ptr } from "bun:ffi";

export interface LinuxCalls {
  /** The number of the processor that the calling thread runs on. */
  currentProcessor(): number;
  /** Lets the calling thread run on this processor alone; false where it may not. */
  stayOn(processor: number): boolean;
  /** Gives the calling thread only time that nobody else wants, for good, and none of this to threads that it starts; false where it may not. */
  runWhenIdle(): boolean;
  /** Holds the calling thread while the first word is this: until somebody wakes it, or for so long. */
  waitWhile(words: Int32Array, value: number, ms: number): void;
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
const SCHED_RESET_ON_FORK = 0x4000_0000;
/** As many as the kernel's own set has by default. */
const PROCESSORS_MAX = 1_024;

function loadLibrary() {
  const { i32, i64, u64, ptr: pointer } = FFIType;
  return dlopen("libc.so.6", {
    sched_getcpu: { args: [], returns: i32 },
    sched_setaffinity: { args: [i32, u64, pointer], returns: i32 },
    sched_setscheduler: { args: [i32, i32, pointer], returns: i32 },
    syscall: { args: [i64, pointer, i64, i64, pointer], returns: i64 },
  }).symbols;
}

function callsOf(library: ReturnType<typeof loadLibrary>, futex: number): LinuxCalls {
  // struct timespec: seconds, nanoseconds.
  const time = new BigInt64Array(2);
  const noPriority = new Int32Array(1);
  return {
    currentProcessor: () => library.sched_getcpu(),
    stayOn(processor) {
      if (processor < 0 || processor >= PROCESSORS_MAX) return false;
      const set = new Uint8Array(PROCESSORS_MAX / 8);
      set[processor >> 3] = 1 << (processor & 7);
      return library.sched_setaffinity(0, set.length, ptr(set)) === 0;
    },
    runWhenIdle: () =>
      library.sched_setscheduler(0, SCHED_IDLE | SCHED_RESET_ON_FORK, ptr(noPriority)) === 0,
    waitWhile(words, value, ms) {
      time[0] = BigInt(Math.floor(ms / 1_000));
      time[1] = BigInt(Math.floor((ms % 1_000) * 1e6));
      library.syscall(futex, ptr(words), FUTEX_WAIT, value, ptr(time));
    },
    wake(words) {
      library.syscall(futex, ptr(words), FUTEX_WAKE, 1, null);
    },
  };
}
