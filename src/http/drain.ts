import type { Clock } from "../base/clock.ts";
import type { HttpApp } from "./app.ts";

/** How long the answers to requests that were ended by force have to leave. */
const FAREWELL_MS = 250;

/**
 * Has the app take no more requests, lets those under way finish within the grace, then ends
 * them. Resolves when none is under way, or a moment after they were ended.
 */
export async function drainApp(
  app: HttpApp,
  { clock, shutdownGraceMs }: { readonly clock: Clock; readonly shutdownGraceMs: number },
): Promise<void> {
  const idle = app.stop();
  if (await isInTime(clock, idle, shutdownGraceMs)) return;
  app.abortAll();
  await isInTime(clock, idle, FAREWELL_MS);
}

async function isInTime(clock: Clock, work: Promise<void>, ms: number): Promise<boolean> {
  const waiting = new AbortController();
  const inTime = await Promise.race([
    work.then(() => true),
    clock.sleep(ms, waiting.signal).then(() => false),
  ]);
  waiting.abort();
  return inTime;
}
