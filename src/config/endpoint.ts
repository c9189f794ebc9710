/** Whether a text is the address of a service as clients take it: no path, no password. */
export function isEndpoint(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, pathname, search } = new URL(text);
  const isBare = username === "" && password === "" && pathname === "/" && search === "";
  return isBare && (protocol === "https:" || protocol === "http:");
}
