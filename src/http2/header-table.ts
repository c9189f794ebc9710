/**
 * The tables of HPACK (RFC 7541, 2.3): sixty-one fields that both sides know, and after them
 * those that the peer has added, the newest first, as many as fit into the size agreed upon.
 */
import { ConnectionError, ErrorCode } from "./protocol.ts";

/** Name and value in turn, from number 1 on. */
const STATIC: readonly string[] = [
  ...[":authority", "", ":method", "GET", ":method", "POST", ":path", "/"],
  ...[":path", "/index.html", ":scheme", "http", ":scheme", "https", ":status", "200"],
  ...[":status", "204", ":status", "206", ":status", "304", ":status", "400"],
  ...[":status", "404", ":status", "500", "accept-charset", ""],
  ...["accept-encoding", "gzip, deflate", "accept-language", "", "accept-ranges", ""],
  ...["accept", "", "access-control-allow-origin", "", "age", "", "allow", ""],
  ...["authorization", "", "cache-control", "", "content-disposition", ""],
  ...["content-encoding", "", "content-language", "", "content-length", ""],
  ...["content-location", "", "content-range", "", "content-type", "", "cookie", ""],
  ...["date", "", "etag", "", "expect", "", "expires", "", "from", "", "host", ""],
  ...["if-match", "", "if-modified-since", "", "if-none-match", "", "if-range", ""],
  ...["if-unmodified-since", "", "last-modified", "", "link", "", "location", ""],
  ...["max-forwards", "", "proxy-authenticate", "", "proxy-authorization", "", "range", ""],
  ...["referer", "", "refresh", "", "retry-after", "", "server", "", "set-cookie", ""],
  ...["strict-transport-security", "", "transfer-encoding", "", "user-agent", ""],
  ...["vary", "", "via", "", "www-authenticate", ""],
];
const STATIC_FIELDS = STATIC.length / 2;

/** What a field costs a table beside its text. */
const FIELD_BYTES = 32;

/** Numbers of the fields that both sides know, by name, and by name and value as "name\0value". */
export const STATIC_NUMBERS: ReadonlyMap<string, number> = new Map(
  Array.from({ length: STATIC_FIELDS }, (_, i): [string, number][] => {
    const name = STATIC[2 * i] as string;
    const value = STATIC[2 * i + 1] as string;
    return value === "" ? [[name, i + 1]] : [[`${name}\0${value}`, i + 1]];
  })
    .flat()
    .concat([[":status", 8]]),
);

/** What a field counts as, in a table and in a list of fields. */
export function fieldBytes(name: string, value: string): number {
  return name.length + value.length + FIELD_BYTES;
}

export class HeaderTable {
  /** Name and value in turn, the oldest first; those before `#first` are gone. */
  #fields: string[] = [];
  #first = 0;
  #bytes = 0;
  #bytesMax: number;
  /** Changes with every change of the table: what was decoded by an older one may mean something else now. */
  version = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** Throws COMPRESSION_ERROR for a number of no field. */
  name(number: number): string {
    return this.#text(number, 0);
  }

  /** Empty for the known fields that are a name alone. Throws as {@link name}. */
  value(number: number): string {
    return this.#text(number, 1);
  }

  add(name: string, value: string): void {
    this.version++;
    const bytes = fieldBytes(name, value);
    this.#shrinkTo(this.#bytesMax - bytes);
    // A field larger than the whole table empties it and is not kept.
    if (bytes > this.#bytesMax) return;
    this.#fields.push(name, value);
    this.#bytes += bytes;
  }

  resize(bytesMax: number): void {
    this.version++;
    this.#bytesMax = bytesMax;
    this.#shrinkTo(bytesMax);
  }

  #text(number: number, part: 0 | 1): string {
    if (number > 0 && number <= STATIC_FIELDS) return STATIC[2 * (number - 1) + part] as string;
    const at = this.#fields.length - 2 * (number - STATIC_FIELDS);
    if (number === 0 || at < this.#first) {
      throw new ConnectionError(ErrorCode.compressionError, `there is no field ${number}`);
    }
    return this.#fields[at + part] as string;
  }

  #shrinkTo(bytesMax: number): void {
    while (this.#bytes > bytesMax && this.#first < this.#fields.length) {
      const name = this.#fields[this.#first++] as string;
      const value = this.#fields[this.#first++] as string;
      this.#bytes -= fieldBytes(name, value);
    }
    if (this.#first < this.#fields.length / 2) return;
    this.#fields = this.#fields.slice(this.#first);
    this.#first = 0;
  }
}
