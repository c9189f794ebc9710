import { InvalidArgumentError } from "commander";

/** An offset, or a position as answers show it ("0:123"). */
export function offsetOf(text: string): number {
  const digits = /^(?:\d+:)?(\d+)$/.exec(text)?.[1];
  const offset = Number(digits);
  if (digits === undefined || !Number.isSafeInteger(offset)) {
    throw new InvalidArgumentError("Write an offset as 123 or a position as 0:123.");
  }
  return offset;
}
