import { systemRandom } from "../../src/base/random.ts";
import { openDirectoryBlobStore } from "../../src/blob/directory-blob-store.ts";
import { MemoryBlobStore } from "../../src/blob/memory-blob-store.ts";
import { temporaryDirectory } from "../harness/temporary-directory.ts";
import { blobStoreContract } from "./blob-store.ts";

blobStoreContract({
  name: "objects in memory",
  open: () => Promise.resolve(new MemoryBlobStore()),
  close: () => Promise.resolve(),
});

const place = temporaryDirectory();

blobStoreContract({
  name: "objects in a directory",
  open: () => openDirectoryBlobStore({ directory: place.path, random: systemRandom }),
  close: async () => place[Symbol.dispose](),
});
