import { limits } from "../base/limits.ts";
import type { Node } from "../record/graph.ts";
import { type MailboxChange, NO_MAIL } from "../record/transaction.ts";
import type { CompiledNodeType } from "../schema/registry.ts";
import { searchableText } from "../schema/searchable-text.ts";
import type { MailEffect } from "../store/mail-effect.ts";
import type { TenantStore } from "../store/tenant-store.ts";
import { MailOutboxWriter } from "../store/writer/mail-outbox-writer.ts";
import type { EffectFollower, EffectScope, NodeEffect } from "./effects.ts";

/**
 * Writes down, in the record's own SQLite transaction, what the tenant's mailboxes must be told
 * of it. What that comes to is found out later (`mailbox-drain.ts`), so that no outcome ever
 * rests on a mailbox.
 *
 * A record that concerns no mailbox writes nothing; of a node without items it is enough to
 * look one key up, and in a tenant without any mail not even that.
 */
export class MailboxOutbox implements EffectFollower {
  readonly #writer: MailOutboxWriter;
  /** Rows are counted within one record; a record that is applied once more counts anew. */
  #scope: EffectScope | undefined;
  #seq = 0;
  #written = false;

  constructor(db: TenantStore["writeConnection"]) {
    this.#writer = new MailOutboxWriter(db);
  }

  node(scope: EffectScope, effect: NodeEffect): void {
    const { type, before, after, sharing, lostReaders } = effect;
    switch (effect.kind) {
      case "created":
        if (after === undefined || sharing === undefined) return;
        if (sharing.recipients.length > 0) this.#deliver(scope, type, after, sharing);
        return;
      case "updated":
        if (before !== undefined && after !== undefined) this.#update(scope, type, before, after);
        return;
      case "deleted":
      case "purged":
        if (before === undefined || !this.#writer.isMailed(before.id)) return;
        this.#writer.removeMailedNode(before.id);
        this.#write(scope, { kind: "node_gone", nodeId: before.id });
        return;
      case "access_changed": {
        const nodeId = after?.id ?? before?.id ?? "";
        const principals = lostReaders ?? [];
        if (principals.length === 0 || !this.#writer.isMailed(nodeId)) return;
        this.#write(scope, { kind: "readers_lost", nodeId, principals });
        return;
      }
      case "restored":
        return;
    }
  }

  mailbox(scope: EffectScope, change: MailboxChange): void {
    const { userId: owner, itemIds, beforeOffset } = change;
    const selection = { owner, itemIds, beforeOffset };
    this.#write(
      scope,
      change.op === "mark_read"
        ? { kind: "marked", ...selection, read: !change.unread }
        : { kind: "removed", ...selection },
    );
  }

  /** Whether anything was written since this was last asked. */
  takeWritten(): boolean {
    const written = this.#written;
    this.#written = false;
    return written;
  }

  #deliver(
    scope: EffectScope,
    type: CompiledNodeType,
    node: Node,
    sharing: NonNullable<NodeEffect["sharing"]>,
  ): void {
    const { thread, metadata } = sharing.mail ?? NO_MAIL;
    this.#writer.addMailedNode(node.id);
    this.#write(scope, {
      kind: "delivered",
      nodeId: node.id,
      typeId: node.typeId,
      deliveredAt: scope.logTime,
      sender: scope.actor,
      thread,
      metadata: [...metadata],
      ...wordsOf(type, node),
      recipients: sharing.recipients,
    });
  }

  /** Only a change of what an item shows or is found by is one for mailboxes. */
  #update(scope: EffectScope, type: CompiledNodeType, before: Node, after: Node): void {
    if (textOf(type, before) === textOf(type, after)) return;
    if (!this.#writer.isMailed(after.id)) return;
    this.#write(scope, { kind: "node_changed", nodeId: after.id, ...wordsOf(type, after) });
  }

  #write(scope: EffectScope, effect: MailEffect): void {
    if (this.#scope !== scope) {
      this.#scope = scope;
      this.#seq = 0;
    }
    this.#writer.insert({ position: scope.offset, seq: this.#seq, effect });
    this.#seq += 1;
    this.#written = true;
  }
}

function wordsOf(type: CompiledNodeType, node: Node): { snippet: string; text: string } {
  const text = textOf(type, node);
  const snippet = cut(text, limits.mailSnippetChars).replaceAll(/\s+/g, " ");
  return { snippet, text };
}

/** The searchable fields in the order of their numbers, a line each. */
function textOf(type: CompiledNodeType, node: Node): string {
  const lines: string[] = [];
  for (const field of type.fields) {
    const text = field.searchable ? searchableText(node.fields.get(field.fieldId)) : undefined;
    if (text !== undefined && text !== "") lines.push(text);
  }
  return cut(lines.join("\n"), limits.mailTextChars);
}

/** At most so many characters, and no half of a surrogate pair. */
function cut(text: string, chars: number): string {
  if (text.length <= chars) return text;
  const isPairCut = (text.charCodeAt(chars - 1) & 0xfc00) === 0xd800;
  return text.slice(0, isPairCut ? chars - 1 : chars);
}
