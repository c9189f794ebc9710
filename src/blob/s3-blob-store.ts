/**
 * Objects in a bucket of any service that speaks S3. A name is taken by `If-None-Match: *`,
 * never by looking first; bodies go as buffers with a checksum that the service verifies.
 *
 * The client waits for ever by default. Here every request has a deadline three times over:
 * the handler's for the answer's head, the socket's for silence, and a timer of ours for the
 * whole with its body.
 */
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import type { CancelSignal } from "../base/cancel-signal.ts";
import type { Clock } from "../base/clock.ts";
import { assertKey, assertPrefix } from "./blob-key.ts";
import type { BlobInfo, BlobStore } from "./blob-store.ts";
import { deleteListed } from "./delete-listed.ts";
import { bucketNotFound, objectExists, objectNotFound } from "./errors.ts";
import { S3Calls } from "./s3-calls.ts";
import { kindOf } from "./s3-errors.ts";
import { uploadFile } from "./s3-upload.ts";
import { fileSha256, streamSha256 } from "./same-bytes.ts";

/** How often a request is made before its failure is told: short, since whoever stores tries again for ever. */
const ATTEMPTS = 3;

export interface S3BlobStoreOptions {
  readonly bucket: string;
  readonly region: string;
  /** Address of the service; undefined: that of Amazon in the region. */
  readonly endpoint?: string | undefined;
  /** Undefined: what the platform gives (environment, instance role). */
  readonly credentials?:
    | { readonly accessKeyId: string; readonly secretAccessKey: string }
    | undefined;
  /** Longest that one request may take, and that a stream may be silent. */
  readonly timeoutMs: number;
  readonly clock: Clock;
}

/** Makes the client. Reaches nothing yet: `check` does. */
export class S3BlobStore implements BlobStore {
  readonly place: string;
  readonly #client: S3Client;
  readonly #bucket: string;
  readonly #calls: S3Calls;

  constructor(options: S3BlobStoreOptions) {
    const { bucket, region, endpoint, credentials, timeoutMs, clock } = options;
    this.place = `s3://${bucket}`;
    this.#bucket = bucket;
    this.#calls = new S3Calls(this.place, timeoutMs, clock);
    this.#client = new S3Client({
      region,
      forcePathStyle: true,
      maxAttempts: ATTEMPTS,
      ...(endpoint !== undefined && { endpoint }),
      ...(credentials !== undefined && { credentials }),
      requestHandler: {
        connectionTimeout: timeoutMs,
        requestTimeout: timeoutMs,
        throwOnRequestTimeout: true,
        socketTimeout: timeoutMs,
      },
    });
  }

  async put(key: string, bytes: Uint8Array, signal: CancelSignal): Promise<void> {
    assertKey(key);
    const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const isNew = await this.#unlessTaken(() =>
      this.#calls.make(`store ${key}`, signal, (abortSignal) =>
        this.#client.send(
          new PutObjectCommand({ ...this.#at(key), Body: body, IfNoneMatch: "*" }),
          { abortSignal },
        ),
      ),
    );
    if (isNew) return;
    const there = await this.get(key, signal);
    if (Buffer.compare(there, bytes) !== 0) throw objectExists(this.place, key);
  }

  async putFile(key: string, path: string, signal: CancelSignal): Promise<void> {
    assertKey(key);
    const target = { client: this.#client, calls: this.#calls, ...this.#at(key) };
    const isNew = await this.#unlessTaken(() => uploadFile(target, path, signal));
    if (isNew) return;
    const there = await streamSha256(this.stream(key, signal));
    if (there !== (await fileSha256(path))) throw objectExists(this.place, key);
  }

  /** Whether the name was free. */
  async #unlessTaken(store: () => Promise<unknown>): Promise<boolean> {
    try {
      await store();
      return true;
    } catch (error) {
      if (kindOf(error) === "taken") return false;
      throw error;
    }
  }

  async get(key: string, signal: CancelSignal): Promise<Uint8Array> {
    assertKey(key);
    return await this.#naming(key, () =>
      this.#calls.make(`read ${key}`, signal, async (abortSignal) => {
        const { Body } = await this.#client.send(new GetObjectCommand(this.#at(key)), {
          abortSignal,
        });
        return (await Body?.transformToByteArray()) ?? new Uint8Array(0);
      }),
    );
  }

  async *stream(key: string, signal: CancelSignal): AsyncGenerator<Uint8Array> {
    assertKey(key);
    const what = `read ${key}`;
    const { Body } = await this.#naming(key, () =>
      this.#calls.make(what, signal, (abortSignal) =>
        this.#client.send(new GetObjectCommand(this.#at(key)), { abortSignal }),
      ),
    );
    if (Body === undefined) return;
    // In Bun as in Node, a body is a readable stream of buffers.
    const body = Body as unknown as AsyncIterable<Uint8Array>;
    const parts = body[Symbol.asyncIterator]();
    try {
      for (;;) {
        const part = await this.#calls.make(what, signal, () => parts.next());
        if (part.done) return;
        yield part.value;
      }
    } finally {
      (Body as unknown as { destroy(): void }).destroy();
    }
  }

  async find(key: string, signal: CancelSignal): Promise<BlobInfo | undefined> {
    assertKey(key);
    try {
      const found = await this.#calls.make(`look for ${key}`, signal, (abortSignal) =>
        this.#client.send(new HeadObjectCommand(this.#at(key)), { abortSignal }),
      );
      return { key, bytes: found.ContentLength ?? 0 };
    } catch (error) {
      if (kindOf(error) !== "no object") throw error;
      // The answer has no body that would tell a missing object from a missing bucket.
      await this.check(signal);
      return undefined;
    }
  }

  async *list(
    prefix: string,
    signal: CancelSignal,
    after = "",
  ): AsyncGenerator<readonly BlobInfo[]> {
    assertPrefix(prefix);
    for await (const { Contents = [] } of this.#pages({ Prefix: prefix }, signal, after)) {
      const page = Contents.map(({ Key = "", Size = 0 }) => ({ key: Key, bytes: Size }));
      if (page.length > 0) yield page;
    }
  }

  async *listFolders(prefix: string, signal: CancelSignal): AsyncGenerator<readonly string[]> {
    assertPrefix(prefix);
    const range = { Prefix: prefix, Delimiter: "/" };
    for await (const { CommonPrefixes = [] } of this.#pages(range, signal)) {
      const names = CommonPrefixes.map(({ Prefix = "" }) => Prefix.slice(prefix.length, -1));
      if (names.length > 0) yield names;
    }
  }

  async *#pages(
    range: { readonly Prefix: string; readonly Delimiter?: string },
    signal: CancelSignal,
    after = "",
  ) {
    let token: string | undefined;
    do {
      const page = await this.#calls.make("be listed", signal, (abortSignal) =>
        this.#client.send(
          new ListObjectsV2Command({
            Bucket: this.#bucket,
            ...range,
            ...(after !== "" && { StartAfter: after }),
            ...(token !== undefined && { ContinuationToken: token }),
          }),
          { abortSignal },
        ),
      );
      yield page;
      token = page.NextContinuationToken;
    } while (token !== undefined);
  }

  async delete(key: string, signal: CancelSignal): Promise<void> {
    assertKey(key);
    await this.#calls.make(`delete ${key}`, signal, (abortSignal) =>
      this.#client.send(new DeleteObjectCommand(this.#at(key)), { abortSignal }),
    );
  }

  async deleteAll(prefix: string, signal: CancelSignal): Promise<void> {
    await deleteListed(this, prefix, signal);
  }

  /** By a list, whose refusal says why: that of a bare look at the bucket has no body. */
  async check(signal: CancelSignal): Promise<void> {
    const command = new ListObjectsV2Command({ Bucket: this.#bucket, MaxKeys: 1 });
    try {
      await this.#calls.make("be reached", signal, (abortSignal) =>
        this.#client.send(command, { abortSignal }),
      );
    } catch (error) {
      throw kindOf(error) === "no object" ? bucketNotFound(this.place, error) : error;
    }
  }

  close(): void {
    this.#client.destroy();
  }

  async #naming<T>(key: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw kindOf(error) === "no object" ? objectNotFound(this.place, key) : error;
    }
  }

  #at(key: string): { readonly Bucket: string; readonly Key: string } {
    return { Bucket: this.#bucket, Key: key };
  }
}
