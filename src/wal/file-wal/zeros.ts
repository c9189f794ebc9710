/** A mebibyte of zeros: what segments are filled with, and compared to. Never written to. */
export const ZEROS: Buffer = Buffer.alloc(1024 * 1024);
