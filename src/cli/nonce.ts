import { InvalidArgumentError } from "commander";

/** A nonce of 64 bits, as the parser of an option or argument. It is handed on as it was written. */
export function nonce(text: string): string {
  if (isNonce(text)) return text;
  throw new InvalidArgumentError("It must be a whole number of 0 or more.");
}

/** The same of an option that says how an aggregate must stand. */
export function expectedNonce(text: string): string {
  if (text === "none" || text === "exists" || text === "any" || isNonce(text)) return text;
  throw new InvalidArgumentError(
    "It must be the nonce of the aggregate's last event, none, exists or any.",
  );
}

function isNonce(text: string): boolean {
  return /^[0-9]{1,20}$/.test(text) && BigInt(text) < 2n ** 64n;
}
