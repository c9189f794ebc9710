/**
 * Random lives of a few tenants on a partition that archives and takes snapshots: nodes, mail,
 * grants, schemas, deletions, with a note of what every file held after each step. What the
 * notes say is what the partition itself served then; nobody worked it out a second time.
 */
import fc from "fast-check";
import { TRUSTED } from "../../src/access/identity.ts";
import { EntError } from "../../src/base/errors.ts";
import type { JsonObject } from "../../src/base/json.ts";
import type { BlobStore } from "../../src/blob/blob-store.ts";
import { MemoryBlobStore } from "../../src/blob/memory-blob-store.ts";
import { SYSTEM_TENANT_ID } from "../../src/record/transaction.ts";
import { contentHash } from "../../src/store/content-hash.ts";
import type { TenantStore } from "../../src/store/tenant-store.ts";
import { appending, checkpoint, event } from "./event-operations.ts";
import { letter, MAIL_SCHEMA, MailboxClient, NOTE, TITLE } from "./mailbox.ts";
import { deleteNode, grant, ownId, purgeNode, restoreNode, str, updateNode } from "./operations.ts";
import { TestPartition, until } from "./partition.ts";

const never = new AbortController().signal;
const TENANTS = ["acme", "globex", "initech"];
const PEOPLE = ["user:alice", "user:bob"];

/** Something that happens. */
export type Step =
  | { readonly do: "snapshot all" | "archive" }
  | { readonly do: "read" | "end" | "snapshot" | "widen"; readonly tenantId: string }
  | {
      readonly do: "mail" | "events" | "update" | "delete" | "restore" | "purge" | "grant";
      readonly tenantId: string;
      readonly node: number;
      readonly word: string;
    };

const tenantId = fc.constantFrom(...TENANTS);
const node = fc.nat({ max: 4 });
const word = fc.constantFrom("", "apple", "pear", "plum");
const onNode = fc.record({
  do: fc.constantFrom(
    "mail",
    "mail",
    "mail",
    "events",
    "events",
    "update",
    "delete",
    "restore",
    "purge",
    "grant",
  ),
  ...{ tenantId, node, word },
});
const onTenant = fc.record({ do: fc.constantFrom("read", "end", "snapshot", "widen"), tenantId });
const onAll = fc.record({ do: fc.constantFrom("snapshot all", "archive") });

export const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof<fc.WeightedArbitrary<Step>[]>(
    { weight: 9, arbitrary: onNode },
    { weight: 4, arbitrary: onTenant },
    { weight: 1, arbitrary: onAll },
  ),
  { minLength: 3, maxLength: 12 },
);

/** What was there after a step. */
export interface Moment {
  /** Log time of everything up to here is at most this, of everything later more. */
  readonly time: number;
  /** By tenant, the catalog included. */
  readonly hashes: ReadonlyMap<string, FileHashes>;
}

export interface FileHashes {
  readonly incarnation: number;
  readonly canonical: string;
  /** Undefined: it never had mail. */
  readonly mailbox: string | undefined;
}

/** The partition, and everything that it left behind. */
export class TenantHistory implements AsyncDisposable {
  readonly store: MemoryBlobStore;
  readonly partition: TestPartition;
  readonly moments: Moment[] = [];
  #types = 0;

  /** Use {@link TenantHistory.open}. */
  constructor(store: MemoryBlobStore, partition: TestPartition) {
    this.store = store;
    this.partition = partition;
  }

  static async open(): Promise<TenantHistory> {
    const store = new MemoryBlobStore();
    return new TenantHistory(store, await TestPartition.open(backedUpTo(store)));
  }

  /** Takes the steps, a moment apart. */
  async run(all: readonly Step[]): Promise<void> {
    for (const step of all) {
      this.partition.fakeClock.advance(10);
      await this.#take(step).catch(passOverRefusals);
      await this.#note();
    }
  }

  /** Waits until everything is in the archive. */
  async archived(): Promise<void> {
    await until(
      () => this.partition.engine.archiveState()?.lagRecords === 0,
      () => this.partition.fakeClock.advance(1_000),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.partition[Symbol.asyncDispose]();
  }

  async #take(step: Step): Promise<void> {
    const { engine } = this.partition;
    if (!("tenantId" in step)) {
      if (step.do === "archive") return await this.archived();
      return void (await engine.snapshots.create("", never));
    }
    const tenant = this.partition.tenant(step.tenantId);
    switch (step.do) {
      case "mail": {
        await tenant.register(MAIL_SCHEMA);
        const values = { [TITLE]: str(step.word) };
        await tenant.execute([letter(PEOPLE, values, { id: ownId("nd", step.node) })]);
        return;
      }
      case "events": {
        const tagged = event({ eventType: step.word, tags: step.word === "" ? [] : [step.word] });
        const append = appending(`A-${step.node}`, { events: [tagged, event()] });
        await tenant.execute([append, checkpoint("projection", 0)]);
        return;
      }
      case "read": {
        const mailbox = new MailboxClient(tenant);
        await mailbox.change("mark_read", { upTo: (await mailbox.list()).positionToken });
        return;
      }
      case "end":
        return await engine.administration.deleteTenant(TRUSTED, step.tenantId, never);
      case "snapshot":
        return void (await engine.snapshots.create(step.tenantId, never));
      case "widen":
        return void (await tenant.register(this.#widened()));
      default:
        await tenant.execute([operation(step.do, ownId("nd", step.node), step.word)]);
    }
  }

  /** The schema with one more index, which is built over what is there. */
  #widened(): JsonObject {
    this.#types += 1;
    const fields = [{ field_id: NOTE, name: "note", kind: "str", indexed: true }];
    const type = { type_id: 10 + this.#types, name: `Type${this.#types}`, fields };
    const [first, ...others] = MAIL_SCHEMA.node_types;
    const indexed = { ...first, fields: first?.fields.map(withIndex) };
    return { node_types: [indexed, ...others, type] } as JsonObject;
  }

  async #note(): Promise<void> {
    const { stores } = this.partition.partition;
    const hashes = new Map<string, FileHashes>();
    for (const id of [SYSTEM_TENANT_ID, ...TENANTS]) {
      if (stores.findEntry(id) === undefined) continue;
      if (id !== SYSTEM_TENANT_ID) await new MailboxClient(this.partition.tenant(id)).unread();
      const store = stores.open(id);
      if (store !== undefined) hashes.set(id, hashesOf(store));
    }
    this.moments.push({ time: this.partition.clock.now(), hashes });
  }
}

/** Much of what happens by chance is refused; whatever else fails is the test's to know. */
function passOverRefusals(error: unknown): void {
  if (!(error instanceof EntError) || error.code === "internal") throw error;
}

function withIndex<T extends { readonly field_id: number }>(field: T): T {
  return field.field_id === TITLE ? { ...field, indexed: true } : field;
}

function operation(what: string, id: string, word: string) {
  switch (what) {
    case "delete":
      return deleteNode(id);
    case "restore":
      return restoreNode(id);
    case "purge":
      return purgeNode(id);
    case "grant":
      return grant(id, "user:carol", "write");
    default:
      return updateNode(id, { [TITLE]: str(`${word} again`) });
  }
}

/** Where a test's partition archives to and takes snapshots; snapshots on demand only. */
export function backedUpTo(store: BlobStore) {
  const nothing = () => undefined;
  return {
    archive: {
      ...{ store, component: "archive" as const, intervalMs: 60_000 },
      ...{ retentionDays: 0, trimsLog: true, snapshots: store },
      meter: { stored: nothing, failed: nothing },
      log: { archiveFailing: nothing, archiveResumed: nothing },
    },
    snapshots: {
      ...{ store, intervalMs: undefined, retentionDays: 0, writeAheadMaxBytes: 1 << 30 },
      meter: { made: nothing, failed: nothing },
      log: { snapshotFailing: nothing, snapshotResumed: nothing, snapshotUnreadable: nothing },
    },
  };
}

/** What an open tenant's files hold. */
export function hashesOf(store: TenantStore): FileHashes {
  const mailboxes = store.mailbox.open();
  return {
    incarnation: store.incarnation,
    canonical: wholly(contentHash(store.readConnection)),
    mailbox: mailboxes && wholly(contentHash(mailboxes.writeConnection)),
  };
}

function wholly<T>(steps: Generator<void, T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}
