/**
 * Whether whoever read what this process writes has gone away (`entdb watch | head -1`). The
 * runtime says so only when something is written, which a quiet watch may not do for hours;
 * the system knows at once. Where it cannot be asked, the next write tells.
 */
import { dlopen, FFIType } from "bun:ffi";

const LIBC: Partial<Record<NodeJS.Platform, string>> = {
  linux: "libc.so.6",
  darwin: "libSystem.B.dylib",
};

/** The result of poll(2) when nobody can read any more: POLLERR of a pipe, POLLHUP of a socket. */
const GONE = 0x0008 | 0x0010;

type Poll = (entries: Buffer, count: number, timeoutMs: number) => number;

/** A question about the file descriptor, which answers at once and never throws. */
export function readerGone(descriptor: number): () => boolean {
  let poll: Poll | undefined;
  return () => {
    poll ??= loadPoll();
    // struct pollfd: the descriptor, what is asked for (nothing), what is so.
    const entry = Buffer.alloc(8);
    entry.writeInt32LE(descriptor);
    return poll(entry, 1, 0) === 1 && (entry.readInt16LE(6) & GONE) !== 0;
  };
}

function loadPoll(): Poll {
  const library = LIBC[process.platform];
  if (library === undefined) return () => 0;
  try {
    const { symbols } = dlopen(library, {
      poll: { args: [FFIType.ptr, FFIType.u64, FFIType.i32], returns: FFIType.i32 },
    });
    return symbols.poll;
  } catch {
    return () => 0;
  }
}
