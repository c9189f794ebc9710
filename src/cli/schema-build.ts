import { isJsonObject, type JsonObject } from "../base/json.ts";
import type { CliContext } from "./context.ts";
import type { RestClient } from "./rest-client.ts";

const LOOK_EVERY_MS = 500;

/** How far a schema is that is being applied to the nodes that are there, as a line of text; undefined: none is. */
export function buildNote({ build }: JsonObject): string | undefined {
  if (build === undefined || !isJsonObject(build)) return undefined;
  const { wal_position: position, step, rows_done: done, rows_total: total } = build;
  return `the schema of record ${position} is being applied: ${step}, ${done} of ${total} rows`;
}

/** What the work comes to. While it runs, how far the tenant's schema is, for who sits in front of it. */
export async function showingBuild<T>(
  { clock, output }: Pick<CliContext, "clock" | "output">,
  client: Pick<RestClient, "get">,
  work: Promise<T>,
): Promise<T> {
  if (!output.showsProgress) return await work;
  const done = new AbortController();
  const show = async () => {
    for (;;) {
      await clock.sleep(LOOK_EVERY_MS, done.signal);
      if (done.signal.aborted) return;
      // Whatever hinders looking hinders the work too, and that says so.
      const note = buildNote(await client.get("/v1/schema").catch(() => ({})));
      if (note !== undefined && !done.signal.aborted) await output.progress(note);
    }
  };
  const showing = show();
  try {
    return await work;
  } finally {
    done.abort();
    await showing;
  }
}
