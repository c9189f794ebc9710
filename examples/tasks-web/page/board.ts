/**
 * What the page shows, as it is brought up to date by reads and by changes, in whatever order they
 * come in and however often: a node is never replaced by an older version of itself. Knows nothing
 * of the network, nor of the page.
 */
import type { Change, Node, NodeId } from "@entdb/client";
import { type Person, STATUSES, type Status, type Task } from "./schema.ts";

export interface PersonRow {
  readonly id: NodeId;
  readonly name: string;
}

export interface TaskRow {
  readonly id: NodeId;
  readonly version: number;
  readonly title: string;
  readonly status: Status;
  readonly assignee: PersonRow | undefined;
  readonly createdAt: Date;
}

export class Board {
  readonly #people = new Map<NodeId, Node<typeof Person>>();
  readonly #tasks = new Map<NodeId, Node<typeof Task>>();
  readonly #assignees = new Map<NodeId, NodeId>();

  putPerson(person: Node<typeof Person>): void {
    this.#people.set(person.id, newer(this.#people.get(person.id), person));
  }

  putTask(task: Node<typeof Task>): void {
    this.#tasks.set(task.id, newer(this.#tasks.get(task.id), task));
  }

  assign(task: NodeId, person: NodeId): void {
    this.#assignees.set(task, person);
  }

  /** Takes in what a watch told. Says whether the page has to be drawn anew. */
  apply(change: Change<typeof Person | typeof Task>): boolean {
    switch (change.kind) {
      case "nodeCreated":
      case "nodeUpdated":
      case "nodeRestored":
        if (change.node?.type === "Person") this.putPerson(change.node);
        if (change.node?.type === "Task") this.putTask(change.node);
        return change.node !== undefined;
      case "nodeDeleted":
      case "nodePurged":
        return this.#tasks.delete(change.nodeId) || this.#people.delete(change.nodeId);
      case "edgeCreated":
        this.assign(change.from, change.to);
        return true;
      case "edgeDeleted":
        if (this.#assignees.get(change.from) !== change.to) return false;
        return this.#assignees.delete(change.from);
      default:
        return false;
    }
  }

  people(): PersonRow[] {
    const rows = [...this.#people.values()].map(({ id, fields }) => ({ id, name: fields.name }));
    return rows.sort((a, b) => a.name.localeCompare(b.name));
  }

  /** The tasks of each column, the oldest first. */
  columns(): ReadonlyMap<Status, readonly TaskRow[]> {
    const tasks = [...this.#tasks.values()]
      .map((task) => this.#rowOf(task))
      .sort((a, b) => Number(a.createdAt) - Number(b.createdAt) || (a.id < b.id ? -1 : 1));
    return new Map(
      STATUSES.map((status) => [status, tasks.filter((task) => task.status === status)]),
    );
  }

  #rowOf({ id, version, fields, createdAt }: Node<typeof Task>): TaskRow {
    const person = this.#people.get(this.#assignees.get(id) ?? id);
    return {
      id,
      version,
      title: fields.title,
      // A status that a newer program added is work to be looked at.
      status: STATUSES.find((status) => status === fields.status) ?? "todo",
      assignee: person && { id: person.id, name: person.fields.name },
      createdAt,
    };
  }
}

function newer<N extends Node<typeof Person> | Node<typeof Task>>(
  known: N | undefined,
  come: N,
): N {
  return known !== undefined && known.version > come.version ? known : come;
}
