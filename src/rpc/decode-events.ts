import type { Operation as WireOperation } from "../../gen/entdb/v1/entdb_service_pb.ts";
import type {
  NewEvent,
  AppendEvents as WireAppend,
  AppendCondition as WireCondition,
  ExpectedNonce as WireExpected,
} from "../../gen/entdb/v1/event_model_pb.ts";
import { checkpointNonce, firstNonceOf, placesOf, reachableNonce } from "../engine/check-events.ts";
import type { RequestedOperation } from "../engine/engine.ts";
import type {
  AppendCondition,
  AppendEvents,
  AppendedEvent,
  ExpectedNonce,
} from "../record/event.ts";
import { encodeEventMetadata } from "../record/event-metadata.ts";
import { decodeGrant } from "./decode-access.ts";
import { misshapen } from "./decode-value.ts";

/** What operations say about events: shape only. Throws INVALID_REQUEST. */
export function eventOperation(
  operation: Extract<
    WireOperation["operation"],
    { case: "appendEvents" | "storeCheckpoint" | "setAggregateGrants" }
  >,
  path: string,
): RequestedOperation {
  switch (operation.case) {
    case "appendEvents":
      return decodeAppend(operation.value, path);
    case "storeCheckpoint": {
      const { consumer, globalNonce, expectedGlobalNonce } = operation.value;
      const expected = expectedGlobalNonce && reachableNonce(expectedGlobalNonce);
      return {
        op: "store_checkpoint",
        consumer,
        globalNonce: checkpointNonce(globalNonce, path),
        expectedGlobalNonce: expectedGlobalNonce === undefined ? undefined : Number(expected),
      };
    }
    case "setAggregateGrants": {
      const { aggregateType, grants, reset } = operation.value;
      const decoded = grants.map((grant, i) => decodeGrant(grant, `${path}.grants[${i}]`));
      if (reset && grants.length > 0) throw misshapen(path, "reset goes without grants");
      return { op: "set_aggregate_grants", aggregateType, grants: reset ? undefined : decoded };
    }
  }
}

/** Throws INVALID_REQUEST. */
export function decodeAppend(wire: WireAppend, path: string): AppendEvents {
  const nonces = wire.events.map((event) => event.aggregateNonce);
  return {
    op: "append_events",
    aggregateId: wire.aggregateId,
    aggregateType: wire.aggregateType,
    expected: decodeExpected(wire.expected, `${path}.expected`),
    firstNonce: firstNonceOf(nonces, placesOf(path)),
    events: wire.events.map(decodeEvent),
    condition: wire.condition && decodeCondition(wire.condition),
    contentKey: undefined,
  };
}

function decodeExpected(wire: WireExpected | undefined, path: string): ExpectedNonce {
  const kind = wire?.kind;
  if (kind?.case === "exact") return { kind: "exact", nonce: reachableNonce(kind.value) };
  if (kind?.case !== undefined && kind.value) return { kind: kind.case };
  throw misshapen(path, "say exact, none, exists or any");
}

function decodeEvent(wire: NewEvent): AppendedEvent {
  const { eventId, eventType, payload, tags } = wire;
  return { eventId, eventType, metadata: encodeEventMetadata(wire), payload, tags };
}

function decodeCondition(wire: WireCondition): AppendCondition {
  const { failIfAny: items, afterGlobalNonce } = wire;
  return { items, afterGlobalNonce: reachableNonce(afterGlobalNonce) };
}
