import { closeSync, openSync, readSync, statSync } from "node:fs";

const PART_BYTES = 1024 * 1024;

/**
 * Whether two files hold the same bytes: their SHA-256 in hexadecimal, or undefined. A file under
 * two names is read once. Holds the thread for as long as it takes; `between` is told of each full
 * part, and may hold it too, or throw. Throws what that throws and the system says.
 */
export function compareFiles(
  one: string,
  other: string,
  between: (bytes: number) => void,
): string | undefined {
  const [first, second] = [statSync(one, { bigint: true }), statSync(other, { bigint: true })];
  if (first.size !== second.size) return undefined;
  const isOneFile = first.ino === second.ino && first.dev === second.dev;
  using source = new FileParts(one);
  using witness = isOneFile ? undefined : new FileParts(other);
  const hash = new Bun.CryptoHasher("sha256");
  for (let part = source.next(); part.length > 0; part = source.next()) {
    if (witness !== undefined && Buffer.compare(part, witness.next()) !== 0) return undefined;
    hash.update(part);
    if (part.length === PART_BYTES) between(part.length);
  }
  return hash.digest("hex");
}

/** A file's parts, in order, in memory that each one has after the other. */
class FileParts implements Disposable {
  readonly #file: number;
  readonly #memory = Buffer.allocUnsafeSlow(PART_BYTES);

  constructor(path: string) {
    this.#file = openSync(path, "r");
  }

  /** Full, unless it is the last one; empty behind that. */
  next(): Uint8Array {
    let filled = 0;
    while (filled < PART_BYTES) {
      const read = readSync(this.#file, this.#memory, filled, PART_BYTES - filled, null);
      if (read === 0) break;
      filled += read;
    }
    return this.#memory.subarray(0, filled);
  }

  [Symbol.dispose](): void {
    closeSync(this.#file);
  }
}
