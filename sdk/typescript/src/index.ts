/** The public door of the package. */
export { Client, createClient } from "./client/client.ts";
export type { ClientOptions } from "./client/options.ts";
export { defineEdge, defineNode } from "./schema/define.ts";
export { field } from "./schema/field.ts";
export { fetchTransport } from "./transport/fetch.ts";
