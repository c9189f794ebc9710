import { join } from "node:path";
import { readIfExists, writeDurably } from "../base/durable-file.ts";
import { SYSTEM_TENANT_ID } from "../record/transaction.ts";
import { dataDirInvalid } from "../store/data-dir.ts";
import { encodeStated, fieldsOf, textIn } from "./stated-fields.ts";

/**
 * How far each life had come with which a restored directory began: the record that stands before
 * its first one in the directory's own log, and in no archive of that. Without it such an archive
 * would look like one that begins with the life. A file of its own, written once.
 */
export class RestoredLives {
  readonly #offsets = new Map<string, number>();

  constructor(lives: Iterable<RestoredLife> = []) {
    for (const life of lives) this.#offsets.set(keyOf(life), life.offset);
  }

  /** The life's last record that was restored, -1 where it had none; undefined: it was not restored. */
  offsetOf(life: Life): number | undefined {
    return this.#offsets.get(keyOf(life));
  }
}

/** One life of a tenant's id. */
export interface Life {
  readonly tenantId: string;
  readonly incarnation: number;
}

/** The catalog's one life. */
export const CATALOG_LIFE: Life = { tenantId: SYSTEM_TENANT_ID, incarnation: 1 };

export interface RestoredLife extends Life {
  readonly offset: number;
}

const FORMAT = 1;

function fileOf(directory: string, partition: number): string {
  return join(directory, `restored-${partition}.json`);
}

/** Durable when it resolves. */
export async function writeRestoredLives(
  directory: string,
  { logId, partition }: { readonly logId: string; readonly partition: number },
  lives: readonly RestoredLife[],
): Promise<void> {
  const lines = lives.map((life) => `${keyOf(life)} ${life.offset}`);
  const content = encodeStated({ format: FORMAT, log_id: logId, lives: lines });
  await writeDurably(fileOf(directory, partition), content);
}

/** Those of a log; none for one that did not begin with a restore. Throws DATA_DIR_INVALID when the file is none of ours. */
export async function readRestoredLives(
  directory: string,
  { logId, partition }: { readonly logId: string; readonly partition: number },
): Promise<RestoredLives> {
  const file = fileOf(directory, partition);
  const bytes = await readIfExists(file);
  if (bytes === undefined) return new RestoredLives();
  try {
    const fields = fieldsOf(bytes, FORMAT);
    const { lives } = fields;
    if (!Array.isArray(lives)) throw new Error("its lives are missing");
    return new RestoredLives(textIn(fields, "log_id") === logId ? lives.map(parseLife) : []);
  } catch (cause) {
    throw dataDirInvalid(
      `${file} cannot be read, which says how far every tenant had come when the directory was restored`,
      "Restore the directory once more, or put the file back.",
      cause,
    );
  }
}

function parseLife(line: unknown): RestoredLife {
  const [tenantId = "", incarnation, offset] = String(line).split(" ");
  const life = { tenantId, incarnation: Number(incarnation), offset: Number(offset) };
  if (`${keyOf(life)} ${life.offset}` !== line) throw new Error("it names a life that is none");
  return life;
}

function keyOf({ tenantId, incarnation }: Life): string {
  return `${tenantId} ${incarnation}`;
}
