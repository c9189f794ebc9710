/**
 * What keeps restarts short, files small and damage no secret: the partition checkpoint at
 * every interval, write-ahead files folded into their databases before they grow, and every
 * file that has been opened read through once, one after the other, in a worker.
 */
import { statSync } from "node:fs";
import type { Clock } from "../base/clock.ts";
import type { Service } from "../base/service.ts";
import type { ReadFile } from "../store/reader/read-job.ts";
import type { ReadWorkers } from "../store/reader/read-workers.ts";
import { damaged } from "../store/store-errors.ts";
import type { TenantStores } from "../store/tenant-stores.ts";
import type { Applier } from "./applier.ts";
import type { MailboxDrain } from "./mailbox-drain.ts";

export interface UpkeepDeps {
  readonly applier: Applier;
  readonly stores: TenantStores;
  readonly mailboxes: MailboxDrain;
  readonly workers: ReadWorkers;
  readonly clock: Clock;
  readonly intervalMs: number;
  /** Lets go of what the log holds without need, after each checkpoint. */
  readonly trim: () => Promise<void>;
  /** Told what could not be done this time; it is tried again at the next. */
  readonly failed: (what: string, cause: unknown) => void;
}

/** A write-ahead file larger than this is folded into its database, off the serving thread. */
const FOLD_BYTES = 8 * 1024 * 1024;
/** One that held so many pages starts anew, for which the applier stands still for a moment. */
const RESTART_PAGES = 16 * 1024;
/** Write-ahead files are looked at so often, whatever the time between checkpoints. */
const LOOK_MS = 1_000;

/** A file of a tenant that is open: its view or its mailboxes. */
interface OpenFile {
  readonly file: string;
  readonly readFile: ReadFile;
  readonly closed: boolean;
  finishFolding(): void;
}

/** The loop that does this, once a second. */
export class Upkeep implements Service {
  readonly name = "upkeep";
  readonly #deps: UpkeepDeps;
  readonly #stop = new AbortController();
  /** When the write-ahead file had last changed before it was folded; an unchanged one is left alone. */
  readonly #foldedAt = new WeakMap<OpenFile, number>();
  readonly #checked = new WeakSet<OpenFile>();
  #running: Promise<void> | undefined;

  constructor(deps: UpkeepDeps) {
    this.#deps = deps;
  }

  run(): Promise<void> {
    this.#running ??= this.#loop();
    return this.#running;
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #loop(): Promise<void> {
    const { clock, intervalMs } = this.#deps;
    const { signal } = this.#stop;
    let due = clock.monotonic() + intervalMs;
    while (!signal.aborted) {
      await clock.sleep(Math.min(LOOK_MS, intervalMs), signal);
      if (signal.aborted) return;
      await this.#fold();
      await this.#checkNext();
      if (clock.monotonic() < due) continue;
      due = clock.monotonic() + intervalMs;
      await this.#checkpoint();
    }
  }

  async #checkpoint(): Promise<void> {
    try {
      await this.#deps.applier.checkpoint();
    } catch (error) {
      this.#deps.failed("the checkpoint could not be written", error);
    }
    try {
      await this.#deps.trim();
    } catch (error) {
      this.#deps.failed("the log could not be trimmed", error);
    }
  }

  async #fold(): Promise<void> {
    for (const { file } of this.#openFiles()) {
      const { bytes, changedAt } = lookAtWriteAhead(file);
      if (bytes < FOLD_BYTES || this.#foldedAt.get(file) === changedAt) continue;
      try {
        await this.#foldOne(file);
        this.#foldedAt.set(file, changedAt);
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        this.#deps.failed("a write-ahead file could not be folded", error);
      }
    }
  }

  /** Finds damage in pages that nobody has asked for yet; the tenant is then made again from the log. */
  async #checkNext(): Promise<void> {
    const { workers } = this.#deps;
    const found = this.#openFiles().find(({ file }) => !this.#checked.has(file));
    if (found === undefined) return;
    const { file, onTrouble } = found;
    this.#checked.add(file);
    try {
      const said = await workers.run(file.readFile, { kind: "quick_check" }, this.#stop.signal);
      if (said !== "ok") onTrouble(damaged(file.file, said));
    } catch (error) {
      if (!this.#stop.signal.aborted) onTrouble(error);
    }
  }

  /** Every file that is open now, and whom its trouble is told. */
  #openFiles(): { readonly file: OpenFile; readonly onTrouble: (error: unknown) => void }[] {
    const { stores, mailboxes } = this.#deps;
    return [...stores.allOpen()].flatMap((store) => {
      const { tenantId } = store;
      const view = {
        file: store as OpenFile,
        onTrouble: (error: unknown) => stores.onTrouble(tenantId, error),
      };
      const { opened } = store.mailbox;
      if (opened === undefined) return [view];
      const onTrouble = (error: unknown) => void mailboxes.troubleFound(tenantId, error);
      return [view, { file: opened, onTrouble }];
    });
  }

  /**
   * While writes go on, a worker never gets to the file's end, and only from there can it
   * start anew. The second pass leaves so little that the last one fits between two of the
   * applier's transactions; made by a worker, it would lock the applier out for longer.
   */
  async #foldOne(file: OpenFile): Promise<void> {
    const { workers } = this.#deps;
    const { signal } = this.#stop;
    const pages = await workers.run(file.readFile, { kind: "fold" }, signal);
    if (pages < RESTART_PAGES) return;
    await workers.run(file.readFile, { kind: "fold" }, signal);
    if (!file.closed) file.finishFolding();
  }
}

function lookAtWriteAhead(opened: OpenFile): { bytes: number; changedAt: number } {
  const file = statSync(`${opened.file}-wal`, { throwIfNoEntry: false });
  return { bytes: file?.size ?? 0, changedAt: file?.mtimeMs ?? 0 };
}
