import type { Database } from "bun:sqlite";
import { systemClock } from "../../base/clock.ts";
import { errorToData } from "../../base/error-data.ts";
import { EntError } from "../../base/errors.ts";
import { Haste } from "../../base/haste.ts";
import { giveWayToOthers } from "../../base/thread-priority.ts";
import { turn } from "../../base/turn.ts";
import { WorkPace } from "../../base/work-pace.ts";
import { contentHash } from "../content-hash.ts";
import { copyDatabase } from "../copy-database.ts";
import { foldWriteAhead, openForReading, openForWriting } from "../open-database.ts";
import { quickCheck } from "../quick-check.ts";
import { listAggregates } from "./aggregate-list.ts";
import { ConnectionPool } from "./connection-pool.ts";
import { listEdges } from "./edge-list.ts";
import { EdgeReader } from "./edge-reader.ts";
import { scanEvents } from "./event-scan.ts";
import { listItems, MailboxReader, type MailSelection } from "./mailbox-reader.ts";
import { searchMailbox } from "./mailbox-search.ts";
import { NodeReader } from "./node-reader.ts";
import { countNodes, queryNodes } from "./query-nodes.ts";
import type {
  CopyWork,
  FromReadWorker,
  ReadAnswers,
  ReadJob,
  ReadWork,
  ToReadWorker,
} from "./read-job.ts";
import { searchNodes } from "./search-nodes.ts";
import { walk } from "./walk.ts";

/**
 * The thread of a read worker: scans, counts, walks, hashes, and folding of write-ahead
 * files. Each job reads one snapshot on a connection of its own and gives way to other
 * jobs and to cancellation between slices. SQLite cannot be interrupted here, so a slice
 * is what makes a job cancellable.
 */
declare const self: {
  onmessage: (event: { data: ToReadWorker }) => void;
  postMessage: (message: FromReadWorker) => void;
};

const pool = new ConnectionPool(openForReading);
const cancelled = new Set<number>();
const running = new Set<number>();

self.onmessage = ({ data }) => {
  if (data.do === "cancel") {
    if (running.has(data.id)) cancelled.add(data.id);
    return;
  }
  running.add(data.job.id);
  void runJob(data.job).then((message) => {
    running.delete(data.job.id);
    if (!cancelled.delete(data.job.id)) self.postMessage(message);
  });
};

async function runJob(job: ReadJob): Promise<FromReadWorker> {
  try {
    return { id: job.id, answer: await answer(job) };
  } catch (error) {
    return { id: job.id, error: errorToData(error) };
  }
}

async function answer(job: ReadJob): Promise<ReadAnswers[keyof ReadAnswers]> {
  if (job.work.kind === "fold") return fold(job.file.path);
  if (job.work.kind === "copy") return await copy(job.file.path, job.work);
  if (job.work.kind === "quick_check") return quickCheck(job.file.path);
  const connection = pool.take(job.file);
  let sound = true;
  try {
    connection.run("BEGIN");
    return await inSlices(job.id, stepsOf(connection, job.work));
  } catch (error) {
    sound = error instanceof EntError || error === CANCELLED;
    throw error;
  } finally {
    // A snapshot that stayed open would keep the write-ahead file from ever starting anew.
    if (connection.inTransaction) connection.run("ROLLBACK");
    if (sound) pool.giveBack(job.file, connection);
    else connection.close();
  }
}

const CANCELLED = new Error("cancelled");

function stepsOf(
  db: Database,
  work: Exclude<ReadWork, { kind: "fold" | "quick_check" | "copy" }>,
): Generator<void, ReadAnswers[keyof ReadAnswers]> {
  switch (work.kind) {
    case "query":
      return queryNodes(db, work.query);
    case "count":
      return countNodes(db, work.query);
    case "edges":
      return listEdges({ edges: new EdgeReader(db), nodes: new NodeReader(db) }, work.list);
    case "walk":
      return walk(db, work.walk);
    case "search":
      return searchNodes(db, work.search);
    case "mailbox_list":
      return mailboxList(db, work.selection);
    case "mailbox_search":
      return searchMailbox(db, work.search);
    case "events":
      return scanEvents(db, work.scan);
    case "aggregates":
      return listAggregates(db, work.list);
    case "content_hash":
      return contentHash(db);
  }
}

// biome-ignore lint/correctness/useYield: one walk along an index.
function* mailboxList(
  db: Database,
  selection: MailSelection,
): Generator<void, ReadAnswers["mailbox_list"]> {
  const unreadCount = new MailboxReader(db).unreadCount(selection.owner, selection.withoutNodes);
  return { found: listItems(db, selection), unreadCount };
}

/** From its second part on it lets others go first: nobody waits for this thread but who waits for copies. */
async function copy(path: string, work: CopyWork): Promise<ReadAnswers["copy"]> {
  const haste = new Haste(work.haste);
  const pace = new WorkPace(work.bytesPerSecond, systemClock);
  return await copyDatabase(path, work.to, (bytes) => {
    giveWayToOthers();
    haste.throwIfEnded();
    haste.rest(pace.restAfter(bytes));
  });
}

async function inSlices<T>(id: number, steps: Generator<void, T>): Promise<T> {
  while (true) {
    const step = steps.next();
    if (step.done) return step.value;
    await turn();
    if (cancelled.has(id)) {
      steps.return(undefined as T);
      throw CANCELLED;
    }
  }
}

function fold(path: string): number {
  const db = openForWriting(path, { create: false });
  try {
    return foldWriteAhead(db);
  } finally {
    db.close();
  }
}
