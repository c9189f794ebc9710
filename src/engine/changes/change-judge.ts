import type { Caller } from "../../record/caller.ts";
import type { Node } from "../../record/graph.ts";
import type { Viewer } from "../../record/viewer.ts";
import type { SchemaRegistry } from "../../schema/registry.ts";
import type { ChangeRow } from "../../store/reader/change-reader.ts";
import type { TenantStore } from "../../store/tenant-store.ts";
import type { Audience } from "../../store/visibility.ts";
import type { Change } from "../changes.ts";
import { withoutRemovedFields } from "../removed-fields.ts";
import type { Judge } from "../subscription/row-source.ts";
import type { Viewers } from "../viewers.ts";

/** What a watcher asks for, and who it is. */
export interface ChangeInterest {
  readonly caller: Caller;
  /** Undefined: all. */
  readonly typeIds: ReadonlySet<number> | undefined;
  readonly edgeTypeIds: ReadonlySet<number> | undefined;
  readonly withNodes: boolean;
}

/**
 * Which changes a watcher gets, on a tenant's view as it stands at this moment. A node's
 * readers are looked up once and serve everybody who watches, as does the node itself.
 *
 * A change is seen by whoever may read its node, an edge's by whoever may read both ends,
 * now. Of a purged node nothing is left to be judged by: its end is told to whoever could
 * read it until then, and what was done to it before to nobody but who sees all.
 */
export class ChangeJudge implements Judge<ChangeRow, ChangeInterest, Change> {
  readonly #store: TenantStore;
  readonly #registry: SchemaRegistry;
  readonly #viewers: Viewers;
  readonly #explained: (error: unknown) => unknown;
  readonly #viewerOf = new Map<ChangeInterest, Viewer>();
  readonly #audiences = new Map<string, Audience | undefined>();
  readonly #nodes = new Map<string, Node | undefined>();

  /** `explained`: what is thrown instead of an error that was met in reading. */
  constructor(
    store: TenantStore,
    registry: SchemaRegistry,
    viewers: Viewers,
    explained: (error: unknown) => unknown,
  ) {
    this.#store = store;
    this.#registry = registry;
    this.#viewers = viewers;
    this.#explained = explained;
  }

  get stands(): boolean {
    return !this.#store.closed;
  }

  see(row: ChangeRow, interest: ChangeInterest): Change | undefined {
    if (!isAskedFor(row, interest)) return undefined;
    try {
      const viewer = this.#viewer(interest);
      if (!this.#maySee(row, viewer)) return undefined;
      const wantsNode = interest.withNodes && row.nodeId !== "";
      const node = wantsNode ? this.#node(row.nodeId) : undefined;
      return { ...row, node };
    } catch (error) {
      throw this.#explained(error);
    }
  }

  #maySee(row: ChangeRow, viewer: Viewer): boolean {
    if (viewer.seesAll || row.kind === "schema_changed") return true;
    if (row.readers !== undefined) {
      const readers = new Set(row.readers);
      return viewer.principals.some((principal) => readers.has(principal));
    }
    if (row.nodeId !== "") return this.#mayRead(row.nodeId, viewer);
    return this.#mayRead(row.fromId, viewer) && this.#mayRead(row.toId, viewer);
  }

  #mayRead(nodeId: string, viewer: Viewer): boolean {
    return this.#audience(nodeId)?.includes(viewer) ?? false;
  }

  #viewer(interest: ChangeInterest): Viewer {
    let viewer = this.#viewerOf.get(interest);
    if (viewer === undefined) {
      viewer = this.#viewers.of(this.#store, interest.caller);
      this.#viewerOf.set(interest, viewer);
    }
    return viewer;
  }

  #audience(nodeId: string): Audience | undefined {
    if (this.#audiences.has(nodeId)) return this.#audiences.get(nodeId);
    const audience = this.#store.reads.visibility.audienceOf(nodeId);
    remember(this.#audiences, nodeId, audience);
    return audience;
  }

  #node(nodeId: string): Node | undefined {
    if (this.#nodes.has(nodeId)) return this.#nodes.get(nodeId);
    const found = this.#store.reads.nodes.find(nodeId);
    const node = found && withoutRemovedFields(this.#registry, { node: found }).node;
    remember(this.#nodes, nodeId, node);
    return node;
  }
}

/** The schema is everybody's. */
function isAskedFor(row: ChangeRow, interest: ChangeInterest): boolean {
  if (row.kind === "schema_changed") return true;
  const wanted = row.nodeId === "" ? interest.edgeTypeIds : interest.typeIds;
  return wanted === undefined || wanted.has(row.nodeId === "" ? row.edgeTypeId : row.typeId);
}

/** More than one turn looks at is not worth keeping. */
const REMEMBERED = 1_024;

function remember<V>(known: Map<string, V>, id: string, value: V): void {
  if (known.size >= REMEMBERED) known.clear();
  known.set(id, value);
}
