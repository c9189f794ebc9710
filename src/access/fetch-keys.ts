import type { Clock } from "../base/clock.ts";
import { limits } from "../base/limits.ts";

/**
 * Fetches a key set from the address that the operator gave, and from no other: redirects
 * are refused. Rejects on a status other than 200, after `limits.tokenKeysTimeoutMs`, and beyond
 * `limits.tokenKeysBytes`: a key set is a few kilobytes, and nothing of that size is one.
 */
export async function fetchKeys(url: string, clock: Clock): Promise<string> {
  const { tokenKeysTimeoutMs: timeoutMs } = limits;
  const abort = new AbortController();
  const disarm = clock.timer(timeoutMs, () => {
    abort.abort(new Error(`${url} did not answer within ${timeoutMs} ms`));
  });
  try {
    const headers = { accept: "application/json" };
    const response = await fetch(url, { headers, redirect: "error", signal: abort.signal });
    if (response.status !== 200) throw new Error(`${url} answered HTTP ${response.status}`);
    return await textOf(response, url);
  } finally {
    disarm();
  }
}

async function textOf(response: Response, url: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const { tokenKeysBytes: most } = limits;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    if (length > most) throw new Error(`${url} answered more than ${most} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
