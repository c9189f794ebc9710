/**
 * Transactions that are on their way, by key: appended or about to be, and not yet
 * applied. Only these can be neither in the view nor unknown.
 *
 * Invariant: a flight ends when its record is applied or surely did not get into the log,
 * whether or not its caller still waits.
 */
export class Flight {
  readonly actor: string;
  /** Made for who asks: hardly any key is sent twice at once. */
  #ended: PromiseWithResolvers<void> | undefined;
  readonly #queue: Flight[];
  readonly #onEnd: () => void;

  /** Use {@link InFlightKeys.begin}. */
  constructor(actor: string, queue: Flight[], onEnd: () => void) {
    this.actor = actor;
    this.#queue = queue;
    this.#onEnd = onEnd;
  }

  /**
   * Resolves when a flight with the same key that was begun before this one has ended;
   * there may be others still. Undefined when none is left. Never rejects.
   */
  earlier(): Promise<void> | undefined {
    const [first] = this.#queue;
    if (first === undefined || first === this) return undefined;
    first.#ended ??= Promise.withResolvers();
    return first.#ended.promise;
  }

  get ended(): boolean {
    return !this.#queue.includes(this);
  }

  /** Idempotent. */
  end(): void {
    const place = this.#queue.indexOf(this);
    if (place < 0) return;
    this.#queue.splice(place, 1);
    if (this.#queue.length === 0) this.#onEnd();
    this.#ended?.resolve();
  }
}

export class InFlightKeys {
  readonly #queues = new Map<string, Flight[]>();

  /** Whether a transaction with this key is under way that one of these actors has sent. */
  has(tenantId: string, idempotencyKey: string, isAsked: (actor: string) => boolean): boolean {
    const queue = this.#queues.get(keyOf(tenantId, idempotencyKey)) ?? [];
    return queue.some(({ actor }) => isAsked(actor));
  }

  /** Notes an actor's transaction, behind those with the same key that are under way. */
  begin(tenantId: string, idempotencyKey: string, actor: string): Flight {
    const key = keyOf(tenantId, idempotencyKey);
    const queue = this.#queues.get(key) ?? [];
    const flight = new Flight(actor, queue, () => this.#queues.delete(key));
    if (queue.push(flight) === 1) this.#queues.set(key, queue);
    return flight;
  }
}

/** Tenant ids hold no blank, so the pair is unambiguous. */
function keyOf(tenantId: string, idempotencyKey: string): string {
  return `${tenantId} ${idempotencyKey}`;
}
