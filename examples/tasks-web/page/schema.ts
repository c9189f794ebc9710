/** What the tracker keeps. Every actor of the tenant may read, change and delete what another made. */
import { defineEdge, defineNode, field } from "@entdb/client";

const EVERYBODY = [{ principal: "tenant:*", permission: "delete" }] as const;

export const STATUSES = ["todo", "doing", "done"] as const;
export type Status = (typeof STATUSES)[number];

export const Person = defineNode({
  typeId: 1,
  name: "Person",
  fields: { name: field.str(1, { required: true, unique: true }) },
  defaultGrants: EVERYBODY,
});

export const Task = defineNode({
  typeId: 2,
  name: "Task",
  fields: {
    title: field.str(1, { required: true }),
    status: field.enum(2, STATUSES, { required: true, indexed: true }),
  },
  defaultGrants: EVERYBODY,
});

/** A task is at most one person's. */
export const AssignedTo = defineEdge({
  edgeTypeId: 100,
  name: "AssignedTo",
  from: Task,
  to: Person,
  uniquePerFrom: true,
});

export const SCHEMA = [Person, Task, AssignedTo];
