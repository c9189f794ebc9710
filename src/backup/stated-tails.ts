import type { BlobStore } from "../blob/blob-store.ts";
import type { ArchivePosition } from "./archive-position.ts";
import { ArchiveTails } from "./archive-tails.ts";
import { readPositionCopies } from "./position-copies.ts";

/**
 * What the archive in a place must hold, by all that is left that says so: the position in the
 * data directory, if that is still there, and its copies in the place itself.
 */
export function statedTails(store: BlobStore, position: ArchivePosition | undefined): ArchiveTails {
  return new ArchiveTails(position?.tails, async (signal) => {
    const copies = await readPositionCopies(store, signal);
    return copies.flatMap(({ tails }) => tails);
  });
}
