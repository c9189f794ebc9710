/**
 * What a thread that keeps a processor awake shares with the one for which it does: three words of
 * 32 bits. The first, for which the thread sleeps, and the third are written by the other one alone;
 * the second by the thread.
 */

/** Whether a processor is to be kept awake: {@link NOT_WANTED}, {@link WANTED} or {@link CLOSED}. */
export const STATE = 0;
/** 1 while the thread sleeps, or is about to, and has to be woken. */
export const ASLEEP = 1;
/** The number of the processor, or {@link NOWHERE}. */
export const PROCESSOR = 2;
/** The last that can be named; where there is none of that number nothing comes of asking for it. */
export const NOWHERE = 1_023;

export const NOT_WANTED = 0;
export const WANTED = 1;
/** The thread is to end. */
export const CLOSED = 2;

/** Not wanted, and nowhere. */
export function awakeWords(): Int32Array<SharedArrayBuffer> {
  const words = new Int32Array(new SharedArrayBuffer(3 * Int32Array.BYTES_PER_ELEMENT));
  words[PROCESSOR] = NOWHERE;
  return words;
}

/** What a thread begins with. */
export interface AwakeStart {
  readonly words: Int32Array<SharedArrayBuffer>;
  /** How long it stays awake after it was wanted. */
  readonly forMs: number;
}

/** What a thread says that may not be what it is for; another would not be either. */
export type AwakeRefusal = "refused";
