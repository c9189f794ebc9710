const BYTES = 16;

/** 128 random bits as 32 hexadecimal digits. Works on pages without TLS, where randomUUID does not. */
export function randomText(): string {
  let text = "";
  for (const byte of crypto.getRandomValues(new Uint8Array(BYTES))) {
    text += byte.toString(16).padStart(2, "0");
  }
  return text;
}
