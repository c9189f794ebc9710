import { InvalidArgumentError } from "commander";

/** An offset, or a position as answers show it ("0:123"), of the one partition that a log has. */
export function offsetOf(text: string): number {
  const digits = /^(?:0:)?(\d+)$/.exec(text)?.[1];
  const offset = Number(digits);
  if (digits === undefined || !Number.isSafeInteger(offset)) {
    throw new InvalidArgumentError("Write an offset as 123 or a position as 0:123.");
  }
  return offset;
}
