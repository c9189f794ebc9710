import type { Fault } from "./faulty-proxy.ts";

/** An answer in which Kinesis refuses a request by an error's name. */
export function kinesisError(name: string, status = 400): Fault {
  const body = JSON.stringify({ __type: name, message: `${name} on purpose` });
  return { kind: "answer", status, body };
}
