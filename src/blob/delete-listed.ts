import type { CancelSignal } from "../base/cancel-signal.ts";
import type { BlobStore } from "./blob-store.ts";

const DELETES_AT_ONCE = 8;

/** Deletes every object behind the prefix, some at once. Rejects with what the store says; the rest stays. */
export async function deleteListed(
  store: Pick<BlobStore, "list" | "delete">,
  prefix: string,
  signal: CancelSignal,
): Promise<void> {
  for await (const page of store.list(prefix, signal)) {
    for (let at = 0; at < page.length; at += DELETES_AT_ONCE) {
      const some = page.slice(at, at + DELETES_AT_ONCE);
      await Promise.all(some.map(({ key }) => store.delete(key, signal)));
    }
  }
}
