import type { LineTarget } from "../../src/telemetry/line-writer.ts";

/** A target of log lines that keeps what it gets. */
export class MemoryTarget implements LineTarget {
  text = "";
  write(bytes: Uint8Array, done: Parameters<LineTarget["write"]>[1]): void {
    this.text += Buffer.from(bytes).toString();
    done(null, bytes.length);
  }
  writeSync(bytes: Uint8Array): void {
    this.text += Buffer.from(bytes).toString();
  }
  get lines(): string[] {
    return this.text.split("\n").slice(0, -1);
  }
}
