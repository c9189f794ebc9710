import type { Identity } from "../access/identity.ts";
import type { Clock } from "../base/clock.ts";

/** How long a stream may go on under a credential that was revoked meanwhile. */
const RECHECK_MS = 30_000;

/**
 * Judges the credential of a stream again while the stream lives, which is longer than the
 * moment in which its head was judged: every half minute, and when it expires. `refused` is
 * called once, with why it holds no longer. The returned function ends the watch.
 */
export function watchCredential(
  identity: Identity,
  stream: {
    readonly clock: Clock;
    readonly identify: () => Identity | Promise<Identity>;
    readonly refused: (error: unknown) => void;
  },
): () => void {
  const { clock, identify, refused } = stream;
  let stopped = false;
  let cancelTimer: () => void = () => undefined;
  const later = ({ expiresAt }: Identity) => {
    const ms = Math.max(1, Math.min(RECHECK_MS, expiresAt - clock.now()));
    cancelTimer = clock.timer(ms, () => void again());
  };
  const again = async () => {
    try {
      const still = await identify();
      if (!stopped) later(still);
    } catch (error) {
      if (!stopped) refused(error);
    }
  };
  later(identity);
  return () => {
    stopped = true;
    cancelTimer();
  };
}
