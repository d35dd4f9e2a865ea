import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../../services/shared/clock.ts';
import type { KubernetesObject } from '../../services/shared/kubernetes/objects.ts';
import type { Pin } from './decision/rollout.ts';

/** Overwrites that make a contest. A person who applies a manifest makes one. */
const OVERWRITES = 3;
/** A contest is over after this time without an overwrite. It exceeds the usual interval of GitOps tools. */
const QUIET_MILLISECONDS = 600_000;
const BASE_MILLISECONDS = 5_000;
const MAXIMUM_MILLISECONDS = 300_000;
/** Time for the informer cache to get an own write. */
const CACHE_MILLISECONDS = 5_000;

interface OwnPin {
  readonly wanted: Pin | undefined;
  readonly deployment: KubernetesObject;
  readonly at: number;
  overwritten: boolean;
}

/**
 * Counts how often another client overwrites the pin of one Deployment. Each pin is a new template, and so a new rollout
 * of pods. In a contest with a GitOps tool the operator therefore sets the pin less and less often.
 */
export class PinContest {
  readonly #clock: Clock;
  #last: OwnPin | undefined;
  #overwrites: number;
  #overwrittenAt: number;
  #foreignPin: Pin | undefined;

  /** @param contested true if an earlier leader recorded a contest */
  constructor(clock: Clock, contested: boolean) {
    this.#clock = clock;
    this.#overwrites = contested ? OVERWRITES : 0;
    this.#overwrittenAt = clock.monotonic();
  }

  /** Whether to set the pin now. `deployment` has the pin `present`, which is another pin than `wanted`. */
  mayPin(wanted: Pin | undefined, present: Pin | undefined, deployment: KubernetesObject): boolean {
    const last = this.#last;
    // Another pin than before is a decision, and no answer to an overwrite.
    if (last === undefined || !isDeepStrictEqual(last.wanted, wanted)) return true;
    if (last.deployment.metadata.uid !== deployment.metadata.uid) return true;
    if (!last.overwritten) {
      if (this.#mayBeOlder(last, deployment)) return false;
      last.overwritten = true;
      this.#foreignPin = present;
      this.#count();
    }
    return this.#clock.monotonic() >= last.at + this.#pause;
  }

  /** @param deployment the Deployment as the API server answered */
  pinned(wanted: Pin | undefined, deployment: KubernetesObject): void {
    this.#last = { wanted, deployment, at: this.#clock.monotonic(), overwritten: false };
  }

  /** Version that the other client pinned last. Undefined if it removed the pin, or if this process saw no overwrite. */
  get foreignVersion(): string | undefined {
    return this.#foreignPin?.version;
  }

  /** Seconds between two pins. Undefined if there is no contest. */
  get pauseSeconds(): number | undefined {
    return this.#pause === 0 ? undefined : this.#pause / 1000;
  }

  /** Milliseconds until the pin may be set again, or until the contest is over. Undefined without a contest. */
  get dueMilliseconds(): number | undefined {
    if (this.#pause === 0) return undefined;
    const now = this.#clock.monotonic();
    const over = this.#overwrittenAt + QUIET_MILLISECONDS - now;
    // The time may be over because the API server denies the pin. That call has a back-off of its own.
    const again = this.#last?.overwritten ? this.#last.at + this.#pause - now : 0;
    return again > 0 ? Math.min(over, again) : over;
  }

  #count(): void {
    const now = this.#clock.monotonic();
    this.#overwrites = this.#isQuiet ? 1 : this.#overwrites + 1;
    this.#overwrittenAt = now;
  }

  get #isQuiet(): boolean {
    return this.#clock.monotonic() - this.#overwrittenAt >= QUIET_MILLISECONDS;
  }

  get #pause(): number {
    if (this.#isQuiet || this.#overwrites < OVERWRITES) return 0;
    return Math.min(MAXIMUM_MILLISECONDS, BASE_MILLISECONDS * 2 ** (this.#overwrites - OVERWRITES));
  }

  /** True while the cache may not have the own write yet. After a restore of etcd it never gets the write. */
  #mayBeOlder({ deployment, at }: OwnPin, cached: KubernetesObject): boolean {
    const older = (cached.metadata.generation ?? 0) < (deployment.metadata.generation ?? 0);
    return older && this.#clock.monotonic() - at < CACHE_MILLISECONDS;
  }
}
