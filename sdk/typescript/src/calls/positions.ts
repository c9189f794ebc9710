/**
 * The newest position that this client has written at, for each tenant: reads that carry it
 * see what was written before. Answers may overtake each other, so the newest is told by the
 * place in the log that comes with every write, not by which came last.
 */
interface Remembered {
  readonly token: Uint8Array;
  readonly partition: string;
  readonly offset: number;
}

/** Tenants that are remembered; the one unused for longest is forgotten first. */
const MAX_TENANTS = 10_000;

/** Positions by tenant. Shared by every view of one client. */
export class Positions {
  readonly #byTenant = new Map<string, Remembered>();

  /** The newest token of the tenant; undefined when nothing has been written. */
  of(tenantId: string): Uint8Array | undefined {
    return this.#byTenant.get(tenantId)?.token;
  }

  /** Takes note of a write's answer. `walPosition` is "partition:offset". */
  note(tenantId: string, token: Uint8Array, walPosition: string): void {
    const [partition = "", offset = ""] = walPosition.split(":");
    const known = this.#byTenant.get(tenantId);
    if (known?.partition === partition && known.offset >= Number(offset)) return;
    this.#put(tenantId, { token, partition, offset: Number(offset) });
  }

  /** Takes a token from somewhere else; it counts until the next write. */
  set(tenantId: string, token: Uint8Array): void {
    this.#put(tenantId, { token, partition: "", offset: -1 });
  }

  /** The server said that the token is of another log: nothing is known of this one yet. */
  forget(tenantId: string): void {
    this.#byTenant.delete(tenantId);
  }

  #put(tenantId: string, remembered: Remembered): void {
    this.#byTenant.delete(tenantId);
    this.#byTenant.set(tenantId, remembered);
    if (this.#byTenant.size <= MAX_TENANTS) return;
    for (const oldest of this.#byTenant.keys()) {
      this.#byTenant.delete(oldest);
      return;
    }
  }
}
