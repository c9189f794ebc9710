/** The examples, over an event store in memory and over a server; `ENTDB` names the executable. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type AlreadyExistsError,
  ConcurrencyConflictError,
  createClient,
  type EventStore,
  MemoryEventStore,
  MemorySnapshotStore,
} from "@entdb/client";
import { accounts, Refused, transfer } from "../account.ts";
import { Balance, projectBalances } from "../balances.ts";
import { placeOrder, stocks } from "../shop.ts";

const HERE = join(import.meta.dir, "..");
const ENTDB = process.env["ENTDB"] ?? join(HERE, "..", "..", "dist", "entdb");

let directory: string;
let server: Bun.Subprocess<"ignore", "ignore", "pipe">;
let endpoint: string;
let tenants = 0;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "entdb-bank-"));
  const ports = ["--grpc-port", "0", "--http-port", "0"];
  server = Bun.spawn([ENTDB, "serve", ...ports, "--data-dir", join(directory, "data")], {
    stdin: "ignore",
    stdout: "ignore",
    stderr: "pipe",
  });
  let said = "";
  for await (const chunk of server.stderr) {
    said += new TextDecoder().decode(chunk);
    const found = /"entdb ready".*?"http":"([^"]+)"/.exec(said)?.[1];
    if (found !== undefined) {
      endpoint = found;
      return;
    }
  }
  throw new Error(`the server ended:\n${said}`);
}, 60_000);

afterAll(async () => {
  server.kill();
  await server.exited;
  rmSync(directory, { recursive: true, force: true });
});

function newClient() {
  tenants += 1;
  return createClient({
    endpoint,
    tenantId: `bank-${tenants}`,
    actor: "user:teller",
    schema: [Balance],
  });
}

const STORES: readonly (readonly [string, () => EventStore])[] = [
  ["in memory", () => new MemoryEventStore()],
  ["on a server", () => newClient().events],
];

describe.each(STORES)("a bank %s", (_where, make) => {
  const withAlice = async (store: EventStore) => {
    await accounts(store).execute("a", (account) => {
      account.open("Alice");
      account.deposit(100);
    });
    return store;
  };

  test("remembers by its events", async () => {
    const store = await withAlice(make());
    const account = await accounts(store).load("a");
    expect([account.owner, account.balanceCents, account.nonce]).toEqual(["Alice", 100, 2]);
    expect(await accounts(store).exists("a")).toBe(true);
    expect(await accounts(store).exists("b")).toBe(false);
    await expect(accounts(store).load("b")).rejects.toThrow("There is no Account b.");
  });

  test("refuses what cannot be, and records nothing of it", async () => {
    const store = await withAlice(make());
    const overdraw = accounts(store).execute("a", (account) => account.withdraw(101));
    await expect(overdraw).rejects.toThrow(Refused);
    expect((await accounts(store).load("a")).nonce).toBe(2);
  });

  test("of two who decide by the same state lets one decide again", async () => {
    const store = await withAlice(make());
    const [first, second] = [await accounts(store).load("a"), await accounts(store).load("a")];
    first.withdraw(60);
    second.withdraw(60);
    await accounts(store).save(first);
    const error = await accounts(store)
      .save(second)
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ConcurrencyConflictError);
    expect((error as ConcurrencyConflictError).actualLastAggregateNonce).toBe(3);
    const again = accounts(store).execute("a", (account) => account.withdraw(60));
    await expect(again).rejects.toThrow("There are 40 cents only.");
  });

  test("loses no deposit, however many come at once", async () => {
    const store = await withAlice(make());
    const deposit = () =>
      accounts(store).execute("a", (account) => account.deposit(1), { attempts: 50 });
    await Promise.all(Array.from({ length: 10 }, deposit));
    expect((await accounts(store).load("a")).balanceCents).toBe(110);
  });

  test("records a command once that is sent twice, also when somebody else was faster", async () => {
    const store = await withAlice(make());
    let rivals = 1;
    const send = () =>
      accounts(store).execute(
        "a",
        async (account) => {
          if (rivals-- > 0) await accounts(store).execute("a", (other) => other.deposit(10));
          account.deposit(1);
          account.deposit(2);
        },
        { commandId: "deposit-7" },
      );
    await send();
    const again = await send().catch((thrown: unknown) => thrown);
    expect((again as AlreadyExistsError).reason).toBe("EVENT_ALREADY_EXISTS");
    expect((await accounts(store).load("a")).balanceCents).toBe(113);
  });

  test("moves money on both sides or on none", async () => {
    const store = await withAlice(make());
    await accounts(store).execute("b", (account) => account.open("Bob"));
    await transfer(store, "a", "b", 70);
    const balances = async () => [
      (await accounts(store).load("a")).balanceCents,
      (await accounts(store).load("b")).balanceCents,
    ];
    expect(await balances()).toEqual([30, 70]);
    await expect(transfer(store, "a", "b", 70)).rejects.toThrow(Refused);
    expect(await balances()).toEqual([30, 70]);
  });

  test("reads what was written in an older form", async () => {
    const store = await withAlice(make());
    await store.append({
      aggregateId: "a",
      aggregateType: "Account",
      expected: 2,
      events: [{ type: "money.deposited", version: 1, data: { euros: 5 } }],
    });
    expect((await accounts(store).load("a")).balanceCents).toBe(600);
  });

  test("goes by snapshots, and does without those of another form", async () => {
    const store = await withAlice(make());
    const snapshots = new MemorySnapshotStore();
    await accounts(store, snapshots).execute("a", (account) => {
      for (let i = 0; i < 150; i++) account.deposit(1);
    });
    expect((await snapshots.load("Account", "a"))?.aggregateNonce).toBe(152);
    await accounts(store, snapshots).execute("a", (account) => account.deposit(1));
    expect((await accounts(store, snapshots).load("a")).balanceCents).toBe(251);
    await snapshots.save({
      ...{ aggregateId: "a", aggregateType: "Account", aggregateNonce: 152, version: 2 },
      state: { owner: "Nobody", balanceCents: -1 },
    });
    expect((await accounts(store, snapshots).load("a")).balanceCents).toBe(251);
  });

  test("sells nothing twice", async () => {
    const store = make();
    await stocks(store).execute("Stock-pen", (stock) => stock.receive(7));
    const orders = Array.from({ length: 10 }, (_, i) =>
      placeOrder(store, `Order-${i}`, "alice", [{ sku: "pen", count: 1 }]),
    );
    const outcomes = await Promise.allSettled(orders);
    const placed = outcomes.filter(({ status }) => status === "fulfilled").length;
    const { available } = await stocks(store).load("Stock-pen");
    expect(available).toBe(7 - placed);
    expect(placed).toBe(7);
  });
});

test("balances are made of events, each exactly once, however often the projection runs", async () => {
  const client = newClient();
  await accounts(client.events).execute("a", (account) => {
    account.open("Alice");
    account.deposit(100);
    account.withdraw(1);
  });
  for (let i = 0; i < 3; i++) await projectBalances(client, { live: false });
  const balance = await client.getByKey(Balance, { account: "a" });
  expect(balance?.fields).toEqual({ account: "a", owner: "Alice", cents: 99 });
});

test("the program says who has what", async () => {
  const child = Bun.spawn([process.execPath, "start.ts"], {
    cwd: HERE,
    env: { ...process.env, ENTDB_URL: endpoint },
    stderr: "inherit",
  });
  expect(await new Response(child.stdout).text()).toBe("Alice: 70\nBob: 130\n");
});
