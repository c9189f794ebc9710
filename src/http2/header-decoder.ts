/**
 * Reads the header blocks of one connection (RFC 7541, 3). Every block must go through it,
 * in order, also those of streams that are refused: each may change the table.
 */

import { fieldBytes, HeaderTable } from "./header-table.ts";
import { decodedBytesMax, decodeHuffman } from "./huffman.ts";
import { ConnectionError, ErrorCode } from "./protocol.ts";
import { type RequestHead, requestHead } from "./request-head.ts";

/** What a block says. */
export class HeaderList {
  /** Name and value in turn, in order. */
  readonly fields: readonly string[];
  /** It says more than is taken; `fields` has the beginning. */
  readonly isTooLarge: boolean;
  #request: RequestHead | undefined;

  constructor(fields: readonly string[], isTooLarge: boolean) {
    this.fields = fields;
    this.isTooLarge = isTooLarge;
  }

  /** The fields as a request's head, looked through once however often the block comes. Throws as {@link requestHead}. */
  get request(): RequestHead {
    this.#request ??= requestHead(this.fields);
    return this.#request;
  }
}

/** The size of the table that both sides begin with; we never offer another. */
const TABLE_BYTES = 4_096;
/** Clients repeat themselves: short blocks are looked up before they are read. */
const REMEMBERED_BLOCK_BYTES = 64;
const REMEMBERED_BLOCKS = 64;
/** No length or number that is sound needs more bytes. */
const INTEGER_SHIFT_MAX = 28;

export class HeaderDecoder {
  readonly #table = new HeaderTable(TABLE_BYTES);
  readonly #listBytesMax: number;
  readonly #remembered = new Map<string, HeaderList>();
  #rememberedOf = 0;
  #bytes: Uint8Array = NO_BYTES;
  #at = 0;

  /** Of a list, names, values and 32 bytes a field are counted. */
  constructor(listBytesMax: number) {
    this.#listBytesMax = listBytesMax;
  }

  /** Throws COMPRESSION_ERROR, after which the connection cannot go on. */
  decode(block: Buffer): HeaderList {
    if (block.length > REMEMBERED_BLOCK_BYTES) return this.#read(block);
    const { version } = this.#table;
    if (this.#rememberedOf !== version || this.#remembered.size >= REMEMBERED_BLOCKS) {
      this.#remembered.clear();
      this.#rememberedOf = version;
    }
    const key = block.toString("latin1");
    const known = this.#remembered.get(key);
    if (known !== undefined) return known;
    const list = this.#read(block);
    if (this.#table.version === version) this.#remembered.set(key, list);
    return list;
  }

  #read(block: Uint8Array): HeaderList {
    this.#bytes = block;
    this.#at = 0;
    const fields: string[] = [];
    let bytes = 0;
    while (this.#at < block.length) {
      const first = block[this.#at] as number;
      if ((first & 0xe0) === 0x20) {
        this.#resize(fields.length);
        continue;
      }
      let name: string;
      let value: string;
      if ((first & 0x80) !== 0) {
        const number = this.#integer(7);
        name = this.#table.name(number);
        value = this.#table.value(number);
      } else {
        const isKept = (first & 0x40) !== 0;
        const number = this.#integer(isKept ? 6 : 4);
        name = number === 0 ? this.#text() : this.#table.name(number);
        value = this.#text();
        if (isKept) this.#table.add(name, value);
      }
      bytes += fieldBytes(name, value);
      if (bytes <= this.#listBytesMax) fields.push(name, value);
    }
    this.#bytes = NO_BYTES;
    return new HeaderList(fields, bytes > this.#listBytesMax);
  }

  #resize(fieldsBefore: number): void {
    const bytes = this.#integer(5);
    if (fieldsBefore > 0 || bytes > TABLE_BYTES) throw broken("a table is resized wrongly");
    this.#table.resize(bytes);
  }

  /** RFC 7541, 5.1, the prefix having so many bits. */
  #integer(prefixBits: number): number {
    const most = 2 ** prefixBits - 1;
    let value = this.#byte() & most;
    if (value < most) return value;
    for (let shift = 0; shift <= INTEGER_SHIFT_MAX; shift += 7) {
      const byte = this.#byte();
      value += (byte & 0x7f) * 2 ** shift;
      if ((byte & 0x80) === 0) return value;
    }
    throw broken("a number is too long");
  }

  #text(): string {
    const isHuffman = ((this.#bytes[this.#at] ?? 0) & 0x80) !== 0;
    const length = this.#integer(7);
    const from = this.#at;
    const to = from + length;
    if (to > this.#bytes.length) throw broken("a text goes beyond its block");
    this.#at = to;
    if (!isHuffman) return latin1(this.#bytes, from, to);
    const into = Buffer.allocUnsafe(decodedBytesMax(length));
    const end = decodeHuffman(this.#bytes, from, to, into);
    if (end < 0) throw broken("a text is not in Huffman's code");
    return into.toString("latin1", 0, end);
  }

  #byte(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw broken("a block ends too soon");
    return byte;
  }
}

const NO_BYTES = new Uint8Array(0);

function latin1(bytes: Uint8Array, from: number, to: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString("latin1");
}

function broken(message: string): ConnectionError {
  return new ConnectionError(ErrorCode.compressionError, message);
}
