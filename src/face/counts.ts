import {
  type Count,
  type CountsByKey,
  type CountsShape,
  LocalCount,
  LocalCountsByKey,
  SharedCounts,
} from "../base/counts.ts";

/** What the limits of one face are held against: calls under way, and the bytes of their bodies. */
export interface CallCounts {
  readonly calls: Count;
  readonly bytes: Count;
}

/** What the limits of one port are held against. */
export interface PortCounts {
  readonly connections: Count;
  readonly perPeer: CountsByKey;
  /** Bytes of answers that clients have not read. */
  readonly unreadBytes: Count;
}

/** Everything that the faces of a server count against limits. */
export interface FaceCounts {
  readonly rpc: CallCounts;
  readonly http: CallCounts;
  readonly grpcPort: PortCounts;
  readonly httpPort: PortCounts;
}

export function localCallCounts(): CallCounts {
  return { calls: new LocalCount(), bytes: new LocalCount() };
}

export function localPortCounts(): PortCounts {
  return {
    connections: new LocalCount(),
    perPeer: new LocalCountsByKey(),
    unreadBytes: new LocalCount(),
  };
}

/** The shape of memory in which as many threads share {@link FaceCounts}. */
export function faceCountsShape(threads: number): CountsShape {
  return { threads, counts: 8, countsByKey: 2 };
}

/** The counts as one thread of those has them. */
export function sharedFaceCounts(
  memory: SharedArrayBuffer,
  threads: number,
  thread: number,
): FaceCounts {
  const shared = new SharedCounts(memory, faceCountsShape(threads));
  const count = (index: number) => shared.count(thread, index);
  const port = (index: number): PortCounts => ({
    connections: count(4 + index),
    perPeer: shared.countsByKey(thread, index),
    unreadBytes: count(6 + index),
  });
  return {
    rpc: { calls: count(0), bytes: count(1) },
    http: { calls: count(2), bytes: count(3) },
    grpcPort: port(0),
    httpPort: port(1),
  };
}
