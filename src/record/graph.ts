import type { Fields } from "../schema/value.ts";

/** A node as it stands in a tenant's view. */
export interface Node {
  readonly id: string;
  readonly typeId: number;
  /** Never holds a `null` value. */
  readonly fields: Fields;
  readonly ownerActor: string;
  readonly version: number;
  /** Log time, Unix milliseconds. */
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly deleted: boolean;
}

/** A one-way edge as it stands in a tenant's view. */
export interface Edge {
  readonly id: string;
  readonly edgeTypeId: number;
  readonly fromId: string;
  readonly toId: string;
  readonly fields: Fields;
  readonly createdAt: number;
  readonly updatedAt: number;
}

export type Direction = "out" | "in";
