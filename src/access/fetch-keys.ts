import type { Clock } from "../base/clock.ts";

/** A key set is a few kilobytes; nothing of this size is one. */
const BYTES_MAX = 1024 * 1024;
const TIMEOUT_MS = 5_000;

/**
 * Fetches a key set from the address that the operator gave, and from no other: redirects
 * are refused. Rejects on a status other than 200, after 5 s, and beyond 1 MiB.
 */
export async function fetchKeys(url: string, clock: Clock): Promise<string> {
  const abort = new AbortController();
  const disarm = clock.timer(TIMEOUT_MS, () => {
    abort.abort(new Error(`${url} did not answer within ${TIMEOUT_MS} ms`));
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
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    if (length > BYTES_MAX) throw new Error(`${url} answered more than ${BYTES_MAX} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
