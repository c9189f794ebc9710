/**
 * What the page does with EntDB: the whole use of the SDK stands here. Writes are not shown before
 * they come back through the watch, so that this tab sees what every other tab sees.
 */
import { type Client, createClient } from "@entdb/client";
import { Board, type TaskRow } from "./board.ts";
import { AssignedTo, Person, SCHEMA, type Status, Task } from "./schema.ts";

export interface Place {
  readonly endpoint: string;
  readonly tenantId: string;
}

export interface Events {
  /** The board is another one. */
  changed(): void;
  /** Whether changes come at this moment. */
  live(isLive: boolean): void;
}

/** A tracker in the name of one person. */
export class Tracker {
  readonly board = new Board();
  readonly #client: Client;

  constructor(place: Place, actor: string) {
    this.#client = createClient({ ...place, actor: `user:${actor}`, schema: SCHEMA });
  }

  /** Joins, reads what is there, and follows what changes from then on. Ends only with an error. */
  async follow(name: string, events: Events): Promise<never> {
    // The first write brings the types along, and makes the tenant. Whoever is there already stays.
    const { position } = await this.#client.atomic((plan) =>
      plan.create(Person, { name }, { onConflict: "returnExisting" }),
    );
    await this.#load();
    events.changed();
    events.live(true);
    // From before the reads: what was done meanwhile comes twice, which the board bears.
    const watch = this.#client.watch({
      after: position,
      types: SCHEMA,
      withNodes: true,
      onReconnect: () => {
        events.live(false);
        this.#client.health().then(
          () => events.live(true),
          () => undefined,
        );
      },
    });
    for await (const { changes } of watch) {
      const isChanged = changes.map((change) => this.board.apply(change)).includes(true);
      if (isChanged) events.changed();
    }
    throw new Error("a watch ends only with an error");
  }

  async create(title: string): Promise<void> {
    await this.#client.atomic((plan) => plan.create(Task, { title, status: "todo" }));
  }

  /** Refused with VERSION_CONFLICT when somebody was quicker. */
  async move(task: TaskRow, status: Status): Promise<void> {
    await this.#client.atomic((plan) =>
      plan.update(Task, task.id, { status }, { expectedVersion: task.version }),
    );
  }

  /** One transaction: at no moment is a task two people's, or lost by both. */
  async assign(task: TaskRow, personId: string): Promise<void> {
    if (personId === (task.assignee?.id ?? "")) return;
    const person = this.board.people().find(({ id }) => id === personId);
    await this.#client.atomic((plan) => {
      if (task.assignee) plan.unlink(AssignedTo, { from: task.id, to: task.assignee.id });
      if (person) plan.link(AssignedTo, task.id, person.id);
    });
  }

  async remove(task: TaskRow): Promise<void> {
    await this.#client.atomic((plan) => plan.delete(task.id));
  }

  async #load(): Promise<void> {
    for await (const task of this.#client.query(Task)) this.board.putTask(task);
    for await (const person of this.#client.query(Person)) {
      this.board.putPerson(person);
      for await (const { from } of this.#client.edgesIn(person.id, { type: AssignedTo })) {
        this.board.assign(from, person.id);
      }
    }
  }
}
