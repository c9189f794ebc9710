import { join } from "node:path";
import { readIfExists, writeDurably } from "../base/durable-file.ts";

/** When snapshots of all tenants were made, so that a restart keeps their time. A file of its own, replaced whole. */
export interface SnapshotSchedule {
  readonly logId: string;
  /** When somebody first looked, Unix milliseconds. */
  readonly since: number;
  /** When last every tenant had been taken care of, Unix milliseconds; undefined: never yet. */
  readonly completedAt: number | undefined;
}

const FORMAT = 1;

function fileOf(directory: string, partition: number): string {
  return join(directory, `snapshots-${partition}.json`);
}

/** Undefined when there is none, or none that can be read: then it is begun anew. */
export async function readSchedule(
  directory: string,
  partition: number,
): Promise<SnapshotSchedule | undefined> {
  const text = await readIfExists(fileOf(directory, partition));
  try {
    const { format, log_id, since, completed_at } = JSON.parse(text?.toString("utf8") ?? "");
    if (format !== FORMAT || !Number.isSafeInteger(since)) return undefined;
    const completedAt = Number.isSafeInteger(completed_at) ? Number(completed_at) : undefined;
    return { logId: String(log_id), since, completedAt };
  } catch {
    return undefined;
  }
}

export async function writeSchedule(
  directory: string,
  partition: number,
  { logId, since, completedAt }: SnapshotSchedule,
): Promise<void> {
  const content = { format: FORMAT, log_id: logId, since, completed_at: completedAt ?? null };
  await writeDurably(fileOf(directory, partition), `${JSON.stringify(content)}\n`);
}
