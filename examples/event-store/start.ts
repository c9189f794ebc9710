/**
 * `bun run start`: opens accounts, moves money, and shows the balances that a projection makes of
 * the events. Uses the EntDB that `ENTDB_URL` names; without one, the one on port 8080.
 */
import { createClient } from "@entdb/client";
import { accounts, transfer } from "./account.ts";
import { Balance, projectBalances } from "./balances.ts";

const endpoint = process.env["ENTDB_URL"] ?? "http://localhost:8080";
const tenantId = process.env["TENANT"] ?? "bank";
using client = createClient({ endpoint, tenantId, actor: "user:teller", schema: [Balance] });

const run = crypto.randomUUID().slice(0, 8);
const [alice, bob] = [`Account-alice-${run}`, `Account-bob-${run}`];
const bank = accounts(client.events);
for (const id of [alice, bob]) {
  await bank.execute(id, (account) => {
    account.open(id === alice ? "Alice" : "Bob");
    account.deposit(100_00);
  });
}
await transfer(client.events, alice, bob, 30_00);

await projectBalances(client, { live: false });
for await (const { fields } of client.query(Balance, { orderBy: ["account"] })) {
  if (fields.account.endsWith(run)) console.log(`${fields.owner}: ${(fields.cents ?? 0) / 100}`);
}
