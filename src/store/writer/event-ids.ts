/**
 * Which event ids a tenant has, so that none is taken twice. Ids of events are mostly random:
 * written into an index as they come, each would dirty a page of its own, and a hundred events
 * a hundred pages. So the ids of the newest events are held in memory, and filed a block at a time
 * (`id-runs.ts`).
 *
 * What is filed follows from the number of the last event alone. So the table is the same
 * whenever it is made again, and what is in memory can be read from the events at any time.
 *
 * Invariant: ids of full blocks are filed; those of the block at hand are in memory.
 */
import type { Database } from "bun:sqlite";
import { LazyStatement } from "../lazy-statement.ts";
import { FiledIds } from "./filed-ids.ts";
import { hashOf } from "./id-entries.ts";
import { BLOCK } from "./id-runs.ts";
import { NewestIds } from "./newest-ids.ts";

export class EventIds {
  readonly #last: LazyStatement;
  readonly #idsBehind: LazyStatement;
  readonly #filed: FiledIds;
  readonly #newest = new NewestIds();
  /** Of the last event that is known here; undefined: nothing has been read yet. */
  #known: number | undefined;
  /** Writes were taken back: `#known` may be beyond the last event. */
  #isStale = false;
  /** Blocks of a file from before there were runs were filed here, which may be taken back with what came after. */
  #hasCaughtUp = false;

  constructor(db: Database) {
    this.#last = new LazyStatement(db, "SELECT max(global_nonce) FROM events");
    this.#idsBehind = new LazyStatement(
      db,
      "SELECT event_id FROM events WHERE global_nonce > ? ORDER BY global_nonce LIMIT ?",
    );
    this.#filed = new FiledIds(db);
  }

  /** Of the tenant's last event; 0: there is none. Known without a look at the file. */
  get lastGlobalNonce(): number {
    return this.#update();
  }

  /** Global nonce of the event with this id. */
  find(eventId: string): number | undefined {
    return this.#find(eventId, hashOf(eventId), this.#update());
  }

  /** Notes the id of the event that is written next, unless another has it: false, with nothing done. */
  claim(eventId: string): boolean {
    const known = this.#update();
    const hash = hashOf(eventId);
    if (this.#find(eventId, hash, known) !== undefined) return false;
    this.#newest.add(eventId, hash);
    this.#known = known + 1;
    if (this.#newest.size === BLOCK) this.#fileNewest(known + 1);
    return true;
  }

  /** To be called when writes were taken back. */
  forget(): void {
    this.#isStale = true;
  }

  #find(eventId: string, hash: number, known: number): number | undefined {
    const blocks = Math.floor(known / BLOCK);
    const place = this.#newest.find(eventId, hash);
    if (place !== undefined) return blocks * BLOCK + place + 1;
    return blocks === 0 ? undefined : this.#filed.find(eventId, hash, blocks);
  }

  /** The block that ends with the last event is full. */
  #fileNewest(last: number): void {
    this.#filed.file(last / BLOCK - 1, this.#newest.hashes);
    this.#newest.clear();
  }

  /** Brings what is in memory to what is in the file, where that may differ. The last event's nonce. */
  #update(): number {
    if (this.#known !== undefined && !this.#isStale) return this.#known;
    const [row] = this.#last.ready.values() as [bigint | null][];
    const last = Number(row?.[0] ?? 0n);
    const beyond = (this.#known ?? 0) - last;
    const isLost = this.#hasCaughtUp && this.#filed.countBlocks() < Math.floor(last / BLOCK);
    if (this.#known === undefined || beyond > this.#newest.size || isLost) this.#load(last);
    else this.#newest.drop(beyond);
    this.#isStale = false;
    this.#known = last;
    return last;
  }

  /** A file that was written before there were runs has its blocks filed here, once. */
  #load(last: number): void {
    this.#filed.forget();
    const blocks = Math.floor(last / BLOCK);
    for (let block = this.#filed.countBlocks(); block < blocks; block++) {
      this.#read(block);
      this.#fileNewest((block + 1) * BLOCK);
      this.#hasCaughtUp = true;
    }
    this.#read(blocks);
  }

  #read(block: number): void {
    this.#newest.clear();
    const rows = this.#idsBehind.ready.values(block * BLOCK, BLOCK) as [string][];
    for (const [eventId] of rows) this.#newest.add(eventId, hashOf(eventId));
  }
}
