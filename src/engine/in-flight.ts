/**
 * Transactions with a key of the client's that are on their way: appended or about to
 * be, and not yet applied. Only these can be neither in the view nor unknown.
 */
export interface InFlight {
  /** Resolves when the transaction is applied, or did not get into the log. Never rejects. */
  readonly ended: Promise<void>;
}

export class InFlightKeys {
  readonly #keys = new Map<string, InFlight[]>();

  /** The transaction with this key that was begun first; undefined when none is under way. */
  find(tenantId: string, idempotencyKey: string): InFlight | undefined {
    return this.#keys.get(keyOf(tenantId, idempotencyKey))?.[0];
  }

  /** Notes a transaction; the returned function ends it. */
  begin(tenantId: string, idempotencyKey: string): () => void {
    const key = keyOf(tenantId, idempotencyKey);
    const { promise, resolve } = Promise.withResolvers<void>();
    const flight: InFlight = { ended: promise };
    const flights = this.#keys.get(key);
    if (flights === undefined) this.#keys.set(key, [flight]);
    else flights.push(flight);
    return () => {
      this.#end(key, flight);
      resolve();
    };
  }

  #end(key: string, flight: InFlight): void {
    const left = this.#keys.get(key)?.filter((other) => other !== flight) ?? [];
    if (left.length === 0) this.#keys.delete(key);
    else this.#keys.set(key, left);
  }
}

/** Tenant ids hold no blank, so the pair is unambiguous. */
function keyOf(tenantId: string, idempotencyKey: string): string {
  return `${tenantId} ${idempotencyKey}`;
}
