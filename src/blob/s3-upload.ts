/**
 * Files on their way to a bucket: held in memory a part at a time, under a name that must be
 * free when the last part is there. Whatever fails, no part of it is an object.
 */
import { type FileHandle, open } from "node:fs/promises";
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import type { CancelSignal } from "../base/cancel-signal.ts";
import type { S3Calls } from "./s3-calls.ts";

const MiB = 1024 * 1024;
/** What is sent at once, and held in memory. */
const PART_BYTES = 16 * MiB;
/** The service takes 10,000. */
const PARTS_MAX = 9_000;

export interface UploadTarget {
  readonly client: S3Client;
  readonly calls: S3Calls;
  readonly Bucket: string;
  readonly Key: string;
}

/**
 * Stores a local file of any size under a free name: in one request when it is small, in
 * parts otherwise. Parts of an upload that fails are given back.
 */
export async function uploadFile(
  target: UploadTarget,
  path: string,
  signal: CancelSignal,
): Promise<void> {
  const file = await open(path, "r");
  try {
    const { size } = await file.stat();
    if (size <= PART_BYTES) await uploadWhole(target, await readPart(file, 0, size), signal);
    else await uploadParts(target, file, size, signal);
  } finally {
    await file.close();
  }
}

async function uploadWhole(
  target: UploadTarget,
  body: Buffer,
  signal: CancelSignal,
): Promise<void> {
  const { client, calls, Bucket, Key } = target;
  const command = new PutObjectCommand({ Bucket, Key, Body: body, IfNoneMatch: "*" });
  await calls.make(`store ${Key}`, signal, (abortSignal) => client.send(command, { abortSignal }));
}

async function uploadParts(
  target: UploadTarget,
  file: FileHandle,
  size: number,
  signal: CancelSignal,
): Promise<void> {
  const { client, calls, Bucket, Key } = target;
  const what = `store ${Key}`;
  const { UploadId } = await calls.make(what, signal, (abortSignal) =>
    client.send(new CreateMultipartUploadCommand({ Bucket, Key, ChecksumAlgorithm: "CRC32" }), {
      abortSignal,
    }),
  );
  const upload = { Bucket, Key, UploadId };
  try {
    const Parts = await sendParts(target, upload, { file, size }, signal);
    const complete = new CompleteMultipartUploadCommand({
      ...upload,
      MultipartUpload: { Parts },
      IfNoneMatch: "*",
    });
    await calls.make(what, signal, (abortSignal) => client.send(complete, { abortSignal }));
  } catch (error) {
    const never = new AbortController().signal;
    await calls
      .make(what, never, (abortSignal) =>
        client.send(new AbortMultipartUploadCommand(upload), { abortSignal }),
      )
      // The service's own rules clear what nobody completed; the first error is the one to tell.
      .catch(() => undefined);
    throw error;
  }
}

async function sendParts(
  { client, calls }: UploadTarget,
  upload: {
    readonly Bucket: string;
    readonly Key: string;
    readonly UploadId: string | undefined;
  },
  { file, size }: { readonly file: FileHandle; readonly size: number },
  signal: CancelSignal,
): Promise<CompletedPart[]> {
  const partBytes = Math.max(PART_BYTES, Math.ceil(size / PARTS_MAX));
  const parts: CompletedPart[] = [];
  for (let at = 0; at < size; at += partBytes) {
    const Body = await readPart(file, at, Math.min(partBytes, size - at));
    const PartNumber = parts.length + 1;
    const sent = await calls.make(`store ${upload.Key}`, signal, (abortSignal) =>
      client.send(new UploadPartCommand({ ...upload, PartNumber, Body }), { abortSignal }),
    );
    const { ETag, ChecksumCRC32 } = sent;
    parts.push({
      PartNumber,
      ...(ETag !== undefined && { ETag }),
      ...(ChecksumCRC32 !== undefined && { ChecksumCRC32 }),
    });
  }
  return parts;
}

/** Loops over short reads; a file that became shorter is an error of whoever promised that it does not change. */
async function readPart(file: FileHandle, from: number, length: number): Promise<Buffer> {
  const part = Buffer.allocUnsafe(length);
  for (let at = 0; at < length; ) {
    const { bytesRead } = await file.read(part, at, length - at, from + at);
    if (bytesRead === 0) throw new Error("the file became shorter while it was sent");
    at += bytesRead;
  }
  return part;
}
