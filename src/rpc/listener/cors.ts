import { cors } from "@connectrpc/connect";
import { Cors } from "../../face/cors.ts";

/** For origins on the list, which `http-rules.ts` has checked by the time that it is asked. */
export const RPC_CORS = new Cors({
  methods: cors.allowedMethods,
  requestHeaders: cors.allowedHeaders,
  answerHeaders: cors.exposedHeaders,
});
