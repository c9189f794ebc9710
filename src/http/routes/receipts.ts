import { invalid } from "../../base/errors.ts";
import { stringifyJson } from "../../base/json-write.ts";
import type { Engine } from "../../engine/engine.ts";
import { keptReceiptToJson } from "../encode/outcome.ts";
import { freshnessOf, freshnessParams } from "../freshness.ts";
import { callerOf, identityParams } from "../identity.ts";
import { textParam } from "../params.ts";
import type { Answer } from "../reply.ts";
import { getRoute, type Route, type RouteInput } from "../route.ts";
import { receiptAnswer } from "../shapes/atomic.ts";

const byPath = { ...identityParams, ...freshnessParams };
const byQuery = { ...byPath, key: textParam("The idempotency key; it may hold any character.") };

/** What became of a transaction whose answer was lost. */
export function receiptRoutes(engine: Engine): Route[] {
  const answer = async (
    { call, query }: RouteInput<typeof byPath, undefined>,
    key: string,
  ): Promise<Answer> => {
    const caller = callerOf(call, query);
    const receipt = await engine.getReceipt(caller, key, freshnessOf(call, query), call.signal);
    return {
      text: stringifyJson(keptReceiptToJson(receipt)),
      positionToken: "positionToken" in receipt ? receipt.positionToken : undefined,
    };
  };
  const facts = { tag: "write", answers: { 200: receiptAnswer } } as const;
  return [
    getRoute(
      "/v1/receipts",
      {
        ...facts,
        summary: "What became of a transaction, by an idempotency key of any characters",
        query: byQuery,
      },
      (input) => answer(input, required(input.query.key)),
    ),
    getRoute(
      "/v1/receipts/:key",
      { ...facts, summary: "What became of a transaction, by its idempotency key", query: byPath },
      (input) => answer(input, input.path("key")),
    ),
  ];
}

function required(key: string | undefined): string {
  if (key !== undefined && key !== "") return key;
  throw invalid("INVALID_IDEMPOTENCY_KEY", "The query names no key.", "Send key=….", {
    field: "key",
  });
}
