import { Violation } from "./violation.ts";

/** What comes of it, or a {@link Violation} when nothing has come after so long. */
export async function within<T>(ms: number, what: string, promise: Promise<T>): Promise<T> {
  let timer: Timer | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Violation(`${what}: not after ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Until it holds. Throws a {@link Violation} when it does not after so long. */
export async function eventually(
  ms: number,
  what: string,
  holds: () => boolean | Promise<boolean>,
): Promise<void> {
  const deadline = performance.now() + ms;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Violation(`${what}: not after ${ms} ms`);
    await Bun.sleep(LOOK_MS);
  }
}

const LOOK_MS = 20;
