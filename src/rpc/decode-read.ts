import { Direction as WireDirection } from "../../gen/entdb/v1/entdb_service_pb.ts";
import { Consistency, type ReadOptions } from "../../gen/entdb/v1/model_pb.ts";
import type { Freshness } from "../engine/reading.ts";
import type { Direction } from "../record/graph.ts";
import { misshapen } from "./decode-value.ts";

const WHATEVER_IS_APPLIED: Freshness = { atLeast: undefined, strong: false };

/** How fresh the read must be; without options, whatever has been applied. */
export function decodeFreshness(read: ReadOptions | undefined): Freshness {
  if (read === undefined) return WHATEVER_IS_APPLIED;
  switch (read.consistency) {
    case Consistency.UNSPECIFIED:
    case Consistency.STRONG:
      return {
        atLeast: emptyIsAbsent(read.atLeast),
        strong: read.consistency === Consistency.STRONG,
      };
    default:
      throw misshapen("read.consistency", `${String(read.consistency)} is no consistency`);
  }
}

/** On the wire, bytes that were not sent are empty. */
export function emptyIsAbsent(bytes: Uint8Array): Uint8Array | undefined {
  return bytes.length === 0 ? undefined : bytes;
}

/** The other way round, for answers. */
export function absentIsEmpty(bytes: Uint8Array | undefined): Uint8Array {
  return bytes ?? NO_BYTES;
}

const NO_BYTES = new Uint8Array(0);

export function decodeDirection(direction: WireDirection): Direction {
  switch (direction) {
    case WireDirection.UNSPECIFIED:
    case WireDirection.OUT:
      return "out";
    case WireDirection.IN:
      return "in";
    default:
      throw misshapen("direction", `${String(direction)} is no direction`);
  }
}
