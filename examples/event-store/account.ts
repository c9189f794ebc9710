/** A bank account: an aggregate that decides by what its own events have left. */
import {
  Aggregate,
  command,
  type EventStore,
  handles,
  Repository,
  type SnapshotStore,
  type Upcaster,
} from "@entdb/client";

/** What an account's events say. */
export type AccountEvents = {
  "account.opened": { readonly owner: string };
  "money.deposited": { readonly cents: number };
  "money.withdrawn": { readonly cents: number };
};

/** Why a command was not carried out; nothing was recorded. */
export class Refused extends Error {
  override readonly name = "Refused";
}

export class Account extends Aggregate<AccountEvents> {
  owner = "";
  balanceCents = 0;

  @command
  open(owner: string): void {
    if (this.exists) throw new Refused("The account is open already.");
    this.emit("account.opened", { owner }, { tags: [`owner:${owner}`] });
  }

  @command
  deposit(cents: number): void {
    this.#requireOpen();
    requireMoney(cents);
    this.emit("money.deposited", { cents });
  }

  @command
  withdraw(cents: number): void {
    this.#requireOpen();
    requireMoney(cents);
    if (cents > this.balanceCents) throw new Refused(`There are ${this.balanceCents} cents only.`);
    this.emit("money.withdrawn", { cents });
  }

  @handles<AccountEvents["account.opened"]>("account.opened")
  opened({ owner }: AccountEvents["account.opened"]): void {
    this.owner = owner;
  }

  @handles<AccountEvents["money.deposited"]>("money.deposited")
  deposited({ cents }: AccountEvents["money.deposited"]): void {
    this.balanceCents += cents;
  }

  @handles<AccountEvents["money.withdrawn"]>("money.withdrawn")
  withdrawn({ cents }: AccountEvents["money.withdrawn"]): void {
    this.balanceCents -= cents;
  }

  #requireOpen(): void {
    if (!this.exists) throw new Refused("There is no such account.");
  }
}

function requireMoney(cents: number): void {
  if (!Number.isSafeInteger(cents) || cents <= 0) throw new Refused("That is no amount of money.");
}

/** Version 1 counted whole euros. */
export const EUROS_TO_CENTS: Upcaster = {
  type: "money.deposited",
  version: 1,
  upcast: ({ type, data }) => {
    const said = data as { readonly euros?: number; readonly cents?: number };
    return { type, version: 2, data: { cents: said.cents ?? (said.euros ?? 0) * 100 } };
  },
};

/** Where accounts are. `snapshots` shorten the way to accounts with many events. */
export function accounts(
  store: EventStore,
  snapshots?: SnapshotStore,
): Repository<Account, AccountEvents> {
  return new Repository<Account, AccountEvents>({
    store,
    aggregateType: "Account",
    create: (id) => new Account(id),
    upcasters: [EUROS_TO_CENTS],
    ...(snapshots && {
      snapshots: {
        store: snapshots,
        version: 1,
        every: 100,
        take: ({ owner, balanceCents }: Account) => ({ owner, balanceCents }),
        restore: (account: Account, state: Pick<Account, "owner" | "balanceCents">) => {
          Object.assign(account, state);
        },
      },
    }),
  });
}

/** Money from one account to another: both sides are recorded, or neither. */
export async function transfer(
  store: EventStore,
  fromId: string,
  toId: string,
  cents: number,
): Promise<void> {
  const all = accounts(store);
  const [from, to] = await Promise.all([all.load(fromId), all.load(toId)]);
  from.withdraw(cents);
  to.deposit(cents);
  await store.append(
    [from, to].map((account) => ({
      aggregateId: account.id,
      aggregateType: "Account",
      expected: account.nonce,
      events: account.emitted,
    })),
  );
}
