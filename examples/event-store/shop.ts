/**
 * Orders and stock: two kinds of aggregates that must agree. An order is placed in one append with
 * what it takes off the shelves, so that nothing is ever sold twice.
 */
import {
  Aggregate,
  ConcurrencyConflictError,
  command,
  type EventStore,
  handles,
  Repository,
} from "@entdb/client";
import { Refused } from "./account.ts";

export interface Line {
  readonly sku: string;
  readonly count: number;
}

export type OrderEvents = {
  "order.placed": { readonly customer: string; readonly lines: readonly Line[] };
};

export class Order extends Aggregate<OrderEvents> {
  lines: readonly Line[] = [];

  @command
  place(customer: string, lines: readonly Line[]): void {
    if (this.exists) throw new Refused("The order is placed already.");
    if (lines.length === 0) throw new Refused("An order has at least one line.");
    this.emit("order.placed", { customer, lines }, { tags: lines.map(({ sku }) => `sku:${sku}`) });
  }

  @handles<OrderEvents["order.placed"]>("order.placed")
  placed({ lines }: OrderEvents["order.placed"]): void {
    this.lines = lines;
  }
}

export type StockEvents = {
  "stock.received": { readonly count: number };
  "stock.reserved": { readonly orderId: string; readonly count: number };
};

export class Stock extends Aggregate<StockEvents> {
  available = 0;

  @command
  receive(count: number): void {
    this.emit("stock.received", { count });
  }

  @command
  reserve(orderId: string, count: number): void {
    if (count > this.available)
      throw new Refused(`There are ${this.available} of ${this.id} only.`);
    this.emit("stock.reserved", { orderId, count });
  }

  @handles<StockEvents["stock.received"]>("stock.received")
  received({ count }: StockEvents["stock.received"]): void {
    this.available += count;
  }

  @handles<StockEvents["stock.reserved"]>("stock.reserved")
  reserved({ count }: StockEvents["stock.reserved"]): void {
    this.available -= count;
  }
}

export const stocks = (store: EventStore) =>
  new Repository<Stock, StockEvents>({
    store,
    aggregateType: "Stock",
    create: (id) => new Stock(id),
  });

const ATTEMPTS = 10;

/** Places an order and reserves all of it, or refuses. Tries again when a shelf changed meanwhile. */
export async function placeOrder(
  store: EventStore,
  id: string,
  customer: string,
  lines: readonly Line[],
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const order = new Order(id);
    order.place(customer, lines);
    const shelves = await Promise.all(
      lines.map(async ({ sku, count }) => {
        const stock = await stocks(store).find(`Stock-${sku}`);
        stock.reserve(id, count);
        return stock;
      }),
    );
    try {
      await store.append([
        appendOf(order, "Order"),
        ...shelves.map((stock) => appendOf(stock, "Stock")),
      ]);
      return;
    } catch (error) {
      const changed = error instanceof ConcurrencyConflictError;
      if (!changed || attempt >= ATTEMPTS || (await store.head(id)) !== undefined) throw error;
    }
  }
}

function appendOf(aggregate: Order | Stock, aggregateType: string) {
  const { id, nonce, emitted } = aggregate;
  return { aggregateId: id, aggregateType, expected: nonce, events: emitted };
}
