import type { Clock } from '../../../services/shared/clock.ts';
import { CRASH_WINDOW_SECONDS } from '../decision/crash-limit.ts';
import type { BlindReading } from '../decision/rollout.ts';

interface Look {
  /** Another id begins anew. */
  readonly id: string;
  readonly available: number;
  readonly wanted: number;
  /** Pods that are expected to be available. */
  readonly expected: number;
  /** False if nothing but the number of available pods is known. */
  readonly listed: boolean;
  /** True while the Deployment replaces pods, so that the number falls without a crash. */
  readonly replacing: boolean;
  /** True if the Deployment may end all pods before it starts new pods. */
  readonly recreates: boolean;
}

interface Seen {
  readonly id: string;
  available: number;
  lowSince: number | undefined;
  fellAt: number[];
}

/** Watches by ModelDeployment how the number of available pods falls, for a time in which the pods cannot be listed. */
export class AvailableFalls {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #seen = new Map<string, Seen>();

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
  }

  /** Undefined if the pods are listed. */
  read(name: string, look: Look): BlindReading | undefined {
    const { id, available, wanted, expected, listed, replacing, recreates } = look;
    const now = this.#clock.monotonic();
    const known = this.#seen.get(name);
    const seen = known?.id === id ? known : { id, available, lowSince: undefined, fellAt: [] };
    this.#seen.set(name, seen);
    // A Deployment that was made smaller loses pods on purpose.
    const fall = Math.min(seen.available, wanted) - available;
    for (let count = 0; !listed && !replacing && count < fall; count++) seen.fellAt.push(now);
    seen.available = available;
    seen.fellAt = seen.fellAt.filter((time) => now - time < CRASH_WINDOW_SECONDS * 1000);
    const isLow = expected > 0 && 2 * available <= expected && !(replacing && recreates);
    seen.lowSince = isLow ? (seen.lowSince ?? now) : undefined;
    if (listed) return undefined;
    return { falls: seen.fellAt.length, lowSeconds: (now - (seen.lowSince ?? now)) / 1000 };
  }

  forget(name: string): void {
    this.#seen.delete(name);
  }
}
