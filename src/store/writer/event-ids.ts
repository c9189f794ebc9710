/**
 * Which event ids a tenant has, so that none is taken twice. Ids of events are mostly random:
 * written into an index as they come, each would dirty a page of its own, and a hundred events
 * a hundred pages. So the ids of the newest events are held in memory, and an index holds the
 * others: each event that is added files the id of one event of the block before, in the order
 * of their hashes, so that those filed together lie together.
 *
 * What is filed follows from the number of the last event alone. So the table is the same
 * whenever it is made again, and what is in memory can be read from the events at any time.
 *
 * Invariant: every id is in memory or in the table; ids of the block at hand and of the one
 * before are in memory.
 */
import type { Database } from "bun:sqlite";
import { LazyStatement } from "../lazy-statement.ts";
import { FiledIds } from "./filed-ids.ts";

/** Events whose ids are filed by the next as many. */
const BLOCK = 16_384;
/** Places in a block, so that a hash of 48 bits and a place are one number of 64. */
const PLACES = 65_536n;

export class EventIds {
  readonly #last: LazyStatement;
  readonly #idsBehind: LazyStatement;
  readonly #filed: FiledIds;
  /** Of the last event that is known here; undefined: nothing has been read yet. */
  #known: number | undefined;
  /** Writes were taken back: `#known` may be beyond the last event. */
  #isStale = false;
  #current = new Block();
  #previous = new Block();
  /** Hash and place of each event of the block before, in this order. */
  #filing = new BigUint64Array(0);

  constructor(db: Database) {
    this.#last = new LazyStatement(db, "SELECT max(global_nonce) FROM events");
    this.#idsBehind = new LazyStatement(
      db,
      "SELECT event_id FROM events WHERE global_nonce > ? ORDER BY global_nonce",
    );
    this.#filed = new FiledIds(db);
  }

  /** Of the tenant's last event; 0: there is none. Known without a look at the file. */
  get lastGlobalNonce(): number {
    this.#update();
    return this.#known ?? 0;
  }

  /** Global nonce of the event with this id. */
  find(eventId: string): number | undefined {
    this.#update();
    return this.#find(eventId, hashOf(eventId));
  }

  /** Notes the id of the event that is written next, unless another has it: false, with nothing done. */
  claim(eventId: string, globalNonce: number): boolean {
    this.#update();
    const hash = hashOf(eventId);
    if (this.#find(eventId, hash) !== undefined) return false;
    this.#current.add(eventId, hash, globalNonce);
    this.#fileNext(globalNonce);
    this.#known = globalNonce;
    if (globalNonce % BLOCK === 0) this.#turn();
    return true;
  }

  /** To be called when writes were taken back. */
  forget(): void {
    this.#isStale = true;
  }

  #find(eventId: string, hash: number): number | undefined {
    const inMemory = this.#current.find(eventId) ?? this.#previous.find(eventId);
    if (inMemory !== undefined) return inMemory;
    const known = this.#known ?? 0;
    // Of a tenant with few events nothing is filed yet.
    return known <= BLOCK ? undefined : this.#filed.find(eventId, hash, known - BLOCK);
  }

  #fileNext(globalNonce: number): void {
    const next = this.#filing[(globalNonce - 1) % BLOCK];
    if (next === undefined) return;
    const first = globalNonce - ((globalNonce - 1) % BLOCK) - BLOCK;
    const filed = first + Number(next % PLACES);
    this.#filed.file(Number(next / PLACES), filed);
  }

  /** The block at hand is full. */
  #turn(): void {
    this.#previous = this.#current;
    this.#current = new Block();
    this.#filing = this.#previous.inOrder();
  }

  /** Brings what is in memory to what is in the file, where that may differ. */
  #update(): void {
    if (this.#known !== undefined && !this.#isStale) return;
    this.#isStale = false;
    const [row] = this.#last.ready.values() as [bigint | null][];
    const last = Number(row?.[0] ?? 0n);
    const beyond = (this.#known ?? 0) - last;
    if (this.#known === undefined || beyond > this.#current.size) this.#load(last);
    else this.#current.drop(beyond);
    this.#known = last;
  }

  #load(last: number): void {
    const begin = last - (last % BLOCK);
    const from = Math.max(0, begin - BLOCK);
    this.#current = new Block();
    this.#previous = new Block();
    let globalNonce = from;
    for (const [eventId] of this.#idsBehind.ready.values(from) as [string][]) {
      globalNonce += 1;
      const block = globalNonce > begin ? this.#current : this.#previous;
      block.add(eventId, hashOf(eventId), globalNonce);
    }
    this.#filing = this.#previous.inOrder();
  }
}

/** Ids of events that follow on each other. */
class Block {
  readonly #nonces = new Map<string, number>();
  readonly #ids: string[] = [];
  readonly #hashes: number[] = [];

  get size(): number {
    return this.#ids.length;
  }

  find(eventId: string): number | undefined {
    return this.#nonces.get(eventId);
  }

  add(eventId: string, hash: number, globalNonce: number): void {
    this.#nonces.set(eventId, globalNonce);
    this.#ids.push(eventId);
    this.#hashes.push(hash);
  }

  /** Takes the last so many back. */
  drop(count: number): void {
    for (const eventId of this.#ids.splice(this.#ids.length - count)) this.#nonces.delete(eventId);
    this.#hashes.length = this.#ids.length;
  }

  /** Hash and place in the block of each, as one number, in the order of these. */
  inOrder(): BigUint64Array<ArrayBuffer> {
    const numbers = new BigUint64Array(this.#hashes.length);
    for (const [place, hash] of this.#hashes.entries()) {
      numbers[place] = BigInt(hash) * PLACES + BigInt(place);
    }
    return numbers.sort();
  }
}

const digest = new Uint8Array(32);
const view = new DataView(digest.buffer);

/** The first 48 bits of SHA-256: nobody can make ids by the thousand that have the same. */
function hashOf(eventId: string): number {
  Bun.SHA256.hash(eventId, digest);
  return view.getUint16(0) * 2 ** 32 + view.getUint32(2);
}
