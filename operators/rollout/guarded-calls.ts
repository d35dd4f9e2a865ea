import type { Clock } from '../../services/shared/clock.ts';
import { KubernetesError } from '../../services/shared/kubernetes/kubernetes-error.ts';
import type { Denial } from './decision/rollout.ts';

const BASE_MILLISECONDS = 1_000;
const MAXIMUM_MILLISECONDS = 30_000;

interface Call {
  readonly kind: Denial['kind'];
  /** What the call does. It begins the message of a denial. */
  readonly what: string;
  /** Everything that the call depends on. A change makes the call worth another try at once. */
  readonly content: string;
}

interface DeniedCall extends Call {
  readonly message: string;
  readonly denials: number;
  readonly retryAt: number;
}

/**
 * The calls to the API server for one ModelDeployment. RBAC, a quota, an admission policy or a hanging webhook may deny
 * one of them for good. Such a call does not end the reconcile, and it is repeated with back-off.
 */
export class GuardedCalls {
  readonly #clock: Clock;
  readonly #denied = new Map<string, DeniedCall>();
  readonly #asked = new Set<string>();
  #scope = '';

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Begins a reconcile. Another `scope`, for example another phase, may need no read that was denied before. */
  begin(scope: string): void {
    this.#asked.clear();
    if (scope === this.#scope) return;
    this.#scope = scope;
    for (const { what, kind } of this.#denied.values()) if (kind === 'read') this.#denied.delete(what);
  }

  /** The result of the call. Undefined if the API server denied the call, now or a moment ago. */
  async attempt<T>(call: Call, run: () => Promise<T>): Promise<T | undefined> {
    const { what, content } = call;
    this.#asked.add(what);
    const denied = this.#denied.get(what);
    const before = denied?.content === content ? denied : undefined;
    if (before !== undefined && this.#clock.monotonic() < before.retryAt) return undefined;
    try {
      const result = await run();
      this.#denied.delete(what);
      return result;
    } catch (error) {
      if (!(error instanceof KubernetesError)) throw error;
      const denials = before?.denials ?? 0;
      const delay = Math.min(MAXIMUM_MILLISECONDS, BASE_MILLISECONDS * 2 ** denials);
      const retryAt = this.#clock.monotonic() + delay;
      const message = `${what}: ${error.message}`;
      this.#denied.set(what, { ...call, message, denials: denials + 1, retryAt });
      return undefined;
    }
  }

  /**
   * Ends the reconcile. A write counts while it is wanted. A read is not due in each reconcile, so it counts until it
   * succeeds or the scope changes.
   */
  end(): readonly Denial[] {
    for (const { what, kind } of this.#denied.values()) {
      if (kind === 'write' && !this.#asked.has(what)) this.#denied.delete(what);
    }
    return [...this.#denied.values()].map(({ kind, message }) => ({ kind, message }));
  }

  /** Milliseconds until a call that this reconcile wanted is worth another try. Undefined if none was denied. */
  get dueMilliseconds(): number | undefined {
    const wanted = [...this.#denied.values()].filter(({ what }) => this.#asked.has(what));
    const times = wanted.map(({ retryAt }) => retryAt - this.#clock.monotonic());
    return times.length === 0 ? undefined : Math.max(0, Math.min(...times));
  }
}
