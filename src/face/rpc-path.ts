/** A package and a service with a dot in it: no path of REST's begins so. */
const RPC_PATH = /^\/[a-z0-9_]+(?:\.[A-Za-z0-9_]+)+\/[A-Za-z0-9_]+$/;

/** Whether a path, without its query, is that of an RPC, known or not. */
export function isRpcPath(path: string): boolean {
  return RPC_PATH.test(path);
}
