import { systemClock } from "../../src/base/clock.ts";
import { S3BlobStore } from "../../src/blob/s3-blob-store.ts";
import { blobStoreContract } from "../contract/blob-store.ts";
import { type S3, startS3 } from "./s3.ts";

let service: S3 | undefined;

blobStoreContract({
  name: "objects in S3",
  open: async () => {
    service = await startS3();
    service.makeBucket("contract");
    const { endpoint, region, accessKeyId, secretAccessKey } = service;
    return new S3BlobStore({
      bucket: "contract",
      region,
      endpoint,
      credentials: { accessKeyId, secretAccessKey },
      timeoutMs: 10_000,
      clock: systemClock,
    });
  },
  close: async () => {
    await service?.[Symbol.asyncDispose]();
  },
});
