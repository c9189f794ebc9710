import type { EventFilter, StoredEvent } from "./event.ts";

/** Whether nothing is named, so that every event passes. */
export function takesAll(filter: EventFilter): boolean {
  const { eventTypes, aggregateTypes, aggregateIdPrefix, tags } = filter;
  return eventTypes.length + aggregateTypes.length + tags.length === 0 && aggregateIdPrefix === "";
}

/** The filter as a function. */
export function compileEventFilter(filter: EventFilter): (event: StoredEvent) => boolean {
  if (takesAll(filter)) return () => true;
  const types = filter.eventTypes.length === 0 ? undefined : new Set(filter.eventTypes);
  const aggregates =
    filter.aggregateTypes.length === 0 ? undefined : new Set(filter.aggregateTypes);
  const { aggregateIdPrefix: prefix, tags } = filter;
  return (event) =>
    (types === undefined || types.has(event.eventType)) &&
    (aggregates === undefined || aggregates.has(event.aggregateType)) &&
    event.aggregateId.startsWith(prefix) &&
    tags.every((tag) => event.tags.includes(tag));
}
