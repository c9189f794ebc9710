/**
 * What a record does to mailboxes, as the outbox carries it from `canonical.db` to
 * `mailbox.db`. Made from the record and the graph alone; what it comes to (which items there
 * are, how many of them change) is decided by the mailboxes in the order of the log.
 */
export type MailEffect =
  | {
      readonly kind: "delivered";
      readonly nodeId: string;
      readonly typeId: number;
      /** Log time, Unix milliseconds. */
      readonly deliveredAt: number;
      readonly sender: string;
      readonly thread: string;
      readonly metadata: readonly (readonly [name: string, value: string])[];
      readonly snippet: string;
      /** What a search looks at. */
      readonly text: string;
      readonly recipients: readonly string[];
    }
  | {
      readonly kind: "node_changed";
      readonly nodeId: string;
      readonly snippet: string;
      readonly text: string;
    }
  | { readonly kind: "node_gone"; readonly nodeId: string }
  | {
      readonly kind: "readers_lost";
      readonly nodeId: string;
      readonly principals: readonly string[];
    }
  | {
      readonly kind: "marked";
      readonly owner: string;
      readonly itemIds: readonly string[];
      readonly beforeOffset: number;
      readonly read: boolean;
    }
  | {
      readonly kind: "removed";
      readonly owner: string;
      readonly itemIds: readonly string[];
      readonly beforeOffset: number;
    };

/** A row of the outbox: the offset of the record, and how many rows of it came before. */
export interface MailPlace {
  readonly position: number;
  readonly seq: number;
}

export interface PlacedMailEffect extends MailPlace {
  readonly effect: MailEffect;
}

/** Before every row. */
export const NO_MAIL_PLACE: MailPlace = { position: -1, seq: -1 };

/** Negative, zero or positive, as `a` comes before, at or behind `b`. */
export function compareMailPlaces(a: MailPlace, b: MailPlace): number {
  return a.position - b.position || a.seq - b.seq;
}
