/** Spellings that proxies, routers and file systems are known to read in more than one way. */
const SLY_PATH = /%2f|%5c|%00|\/\/|\\/i;

/** Whether a path, without its query, may be read as another one than was sent: an empty segment, an encoded slash, backslash or NUL. */
export function isSlyPath(path: string): boolean {
  return SLY_PATH.test(path);
}
