import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";

/** Whether two files hold the same bytes, without holding them in memory. */
export async function sameBytes(one: string, other: string): Promise<boolean> {
  const [{ size }, { size: otherSize }] = await Promise.all([stat(one), stat(other)]);
  if (size !== otherSize) return false;
  const [hash, otherHash] = await Promise.all([fileSha256(one), fileSha256(other)]);
  return hash === otherHash;
}

/** SHA-256 of a file in hexadecimal. */
export async function fileSha256(path: string): Promise<string> {
  return await streamSha256(createReadStream(path, { highWaterMark: 1024 * 1024 }));
}

/** SHA-256, in hexadecimal, of parts that come one after the other. */
export async function streamSha256(parts: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = new Bun.CryptoHasher("sha256");
  for await (const part of parts) hash.update(part);
  return hash.digest("hex");
}
