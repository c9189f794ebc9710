/**
 * CRC-32C (Castagnoli), the check sum of everything EntDB writes to a log: it finds every
 * burst of damage up to 32 bits and all but one in four thousand million others. Eight
 * bytes a step with eight tables (slicing-by-8); start values make it incremental, so that
 * crc32c(b, crc32c(a)) is the sum of a followed by b.
 */
const POLYNOMIAL = 0x82f63b78;

/** Eight tables of 256: table k holds the effect of a byte that lies k bytes further from the end. */
const T = makeTables();

/** The sum of `bytes[start, end)`, carried on from `previous` (0 to begin). An unsigned 32-bit number. */
export function crc32c(
  bytes: Uint8Array,
  previous = 0,
  start = 0,
  end: number = bytes.length,
): number {
  let crc = ~previous;
  let at = start;
  for (const blocksEnd = end - 7; at < blocksEnd; at += 8) {
    const low =
      crc ^
      ((bytes[at] as number) |
        ((bytes[at + 1] as number) << 8) |
        ((bytes[at + 2] as number) << 16) |
        ((bytes[at + 3] as number) << 24));
    crc =
      (T[1792 + (low & 255)] as number) ^
      (T[1536 + ((low >>> 8) & 255)] as number) ^
      (T[1280 + ((low >>> 16) & 255)] as number) ^
      (T[1024 + (low >>> 24)] as number) ^
      (T[768 + (bytes[at + 4] as number)] as number) ^
      (T[512 + (bytes[at + 5] as number)] as number) ^
      (T[256 + (bytes[at + 6] as number)] as number) ^
      (T[bytes[at + 7] as number] as number);
  }
  for (; at < end; at++) {
    crc = (T[(crc ^ (bytes[at] as number)) & 255] as number) ^ (crc >>> 8);
  }
  return ~crc >>> 0;
}

function makeTables(): Int32Array {
  const tables = new Int32Array(8 * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
    tables[byte] = crc;
  }
  for (let at = 256; at < tables.length; at++) {
    const below = tables[at - 256] as number;
    tables[at] = (tables[below & 255] as number) ^ (below >>> 8);
  }
  return tables;
}
