/**
 * The read side: balances as nodes, made of the accounts' events. Node and checkpoint are one
 * transaction, so each event counts exactly once, whatever breaks in between.
 */
import {
  type Changes,
  type Client,
  defineNode,
  field,
  projectIntoGraph,
  type RecordedEvent,
} from "@entdb/client";
import { type AccountEvents, EUROS_TO_CENTS } from "./account.ts";

export const Balance = defineNode({
  typeId: 1,
  name: "Balance",
  fields: {
    account: field.str(1, { required: true, unique: true }),
    owner: field.str(2, { indexed: true }),
    cents: field.int(3, { as: "number", indexed: true }),
  },
});

/** Follows the accounts until the signal aborts; with `live: false`, to the last event there is. */
export function projectBalances(
  client: Client,
  options: { readonly live?: boolean; readonly signal?: AbortSignal } = {},
): Promise<number> {
  return projectIntoGraph(
    client,
    { consumer: "balances", aggregateTypes: ["Account"], upcasters: [EUROS_TO_CENTS], ...options },
    (event) => changesOf(client, event),
  );
}

async function changesOf(client: Client, event: RecordedEvent): Promise<Changes> {
  const account = event.aggregateId;
  if (event.type === "account.opened") {
    const { owner } = event.data as AccountEvents["account.opened"];
    return (plan) => plan.create(Balance, { account, owner, cents: 0 });
  }
  const { cents } = event.data as AccountEvents["money.deposited"];
  const change = event.type === "money.deposited" ? cents : -cents;
  const node = await client.getByKey(Balance, { account });
  if (node === undefined) throw new Error(`There is no balance of ${account}.`);
  const after = (node.fields.cents ?? 0) + change;
  return (plan) => plan.update(Balance, node.id, { cents: after });
}
