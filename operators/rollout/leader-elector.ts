import type { Clock } from '../../services/shared/clock.ts';
import type { KubernetesClient } from '../../services/shared/kubernetes/kubernetes-client.ts';
import { hasReason } from '../../services/shared/kubernetes/kubernetes-error.ts';
import type { Lease } from '../../services/shared/kubernetes/objects.ts';
import type { Logger } from '../../services/shared/logging.ts';

export interface LeaderElectorOptions {
  readonly client: KubernetesClient;
  readonly namespace: string;
  readonly lease: string;
  /** Name of this process in the Lease. It must be unique. */
  readonly identity: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Other processes wait this long after the last renewal that they saw. */
  readonly durationMilliseconds: number;
  /** A leader that cannot renew for this long stops. Shorter than the duration by the longest expected pause. */
  readonly renewDeadlineMilliseconds: number;
  readonly retryMilliseconds: number;
}

/**
 * Elects one leader by a Lease. A process measures expiry on its own clock, from the last change of the Lease that it
 * saw. So clocks need not agree. A process that lost its leadership must exit.
 */
export class LeaderElector {
  readonly #options: LeaderElectorOptions;
  #seen = { record: '', at: Number.NEGATIVE_INFINITY };
  #renewedAt = Number.NEGATIVE_INFINITY;
  /** The Lease as this process wrote it last. Undefined if the last attempt failed, so that the next attempt reads it. */
  #written: Lease | undefined;

  constructor(options: LeaderElectorOptions) {
    if (options.renewDeadlineMilliseconds >= options.durationMilliseconds) {
      throw new Error(
        `renewDeadlineMilliseconds ${options.renewDeadlineMilliseconds} must be below durationMilliseconds ${options.durationMilliseconds}`,
      );
    }
    this.#options = options;
  }

  /** Whether this process may act now. */
  get isLeader(): boolean {
    const { clock, renewDeadlineMilliseconds } = this.#options;
    return clock.monotonic() - this.#renewedAt < renewDeadlineMilliseconds;
  }

  /** Resolves once this process leads. @throws once `signal` aborts */
  async acquire(signal: AbortSignal): Promise<void> {
    const { clock, logger, retryMilliseconds } = this.#options;
    while (!(await this.#attempt(signal)))
      await clock.sleep(retryMilliseconds * (0.8 + 0.4 * Math.random()), signal);
    logger.info({ identity: this.#options.identity }, 'this process leads now');
  }

  /** Renews the Lease. Resolves when `signal` aborts. Rejects as soon as leadership is lost. */
  async hold(signal: AbortSignal): Promise<void> {
    const { clock, retryMilliseconds, renewDeadlineMilliseconds } = this.#options;
    while (!signal.aborted) {
      // The wait counts from the begin of the last attempt, so that a slow API server does not use up the deadline.
      const waited = clock.monotonic() - this.#renewedAt;
      const wait = Math.max(retryMilliseconds - waited, retryMilliseconds / 4);
      await clock.sleep(wait, signal).catch(() => {});
      if (signal.aborted) return;
      const deadline = AbortSignal.timeout(
        Math.max(1, Math.ceil(this.#renewedAt + renewDeadlineMilliseconds - clock.monotonic())),
      );
      await this.#attempt(AbortSignal.any([signal, deadline])).catch(() => false);
      if (!this.isLeader && !signal.aborted)
        throw new Error(`leadership lost: the Lease was not renewed within ${renewDeadlineMilliseconds} ms`);
    }
  }

  /** Lets another process take over at once. Call it only after all work has stopped. */
  async release(): Promise<void> {
    const { identity, logger } = this.#options;
    this.#renewedAt = Number.NEGATIVE_INFINITY;
    try {
      const lease = await this.#options.client.get<Lease>(this.#path(true));
      if (lease.spec?.holderIdentity !== identity) return;
      const spec = { ...lease.spec, holderIdentity: '', leaseDurationSeconds: 1 };
      await this.#options.client.replace<Lease>(this.#path(true), { ...lease, spec });
    } catch (error) {
      logger.warn({ error }, 'the Lease was not released, so another process waits until it expires');
    }
  }

  /** Tries once to take or renew the Lease. True if this process leads now. */
  async #attempt(signal: AbortSignal): Promise<boolean> {
    const { client, clock, logger } = this.#options;
    const start = clock.monotonic();
    const written = this.#written;
    this.#written = undefined;
    try {
      // A leader needs no read: if another process has written the Lease, the write conflicts.
      const lease = written ?? (await this.#read(signal));
      if (lease !== undefined && !this.#mayTake(lease)) {
        this.#renewedAt = Number.NEGATIVE_INFINITY;
        return false;
      }
      const claim = this.#claim(lease);
      this.#written =
        lease === undefined
          ? await client.create<Lease>(this.#path(false), claim, signal)
          : await client.replace<Lease>(this.#path(true), claim, signal);
      // The time before the call counts, because other processes count from the write, which is later.
      this.#renewedAt = start;
      return true;
    } catch (error) {
      signal.throwIfAborted();
      if (written !== undefined && hasReason(error, 'Conflict')) return this.#attempt(signal);
      logger.warn({ error }, 'the Lease was not read or written, trying again');
      return false;
    }
  }

  async #read(signal: AbortSignal): Promise<Lease | undefined> {
    try {
      return await this.#options.client.get<Lease>(this.#path(true), signal);
    } catch (error) {
      if (hasReason(error, 'NotFound')) return undefined;
      throw error;
    }
  }

  #mayTake({ metadata, spec }: Lease): boolean {
    const { identity, clock, durationMilliseconds } = this.#options;
    if (!spec?.holderIdentity || spec.holderIdentity === identity) return true;
    const record = `${metadata.uid} ${spec.holderIdentity} ${spec.renewTime}`;
    if (record !== this.#seen.record) this.#seen = { record, at: clock.monotonic() };
    return clock.monotonic() - this.#seen.at >= durationMilliseconds;
  }

  #claim(lease: Lease | undefined): Lease {
    const { identity, lease: name, namespace, clock, durationMilliseconds } = this.#options;
    const now = `${new Date(clock.now()).toISOString().slice(0, -1)}000Z`;
    const before = lease?.spec;
    const kept = before?.holderIdentity === identity;
    return {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: lease?.metadata ?? { name, namespace },
      spec: {
        holderIdentity: identity,
        leaseDurationSeconds: Math.ceil(durationMilliseconds / 1000),
        acquireTime: kept ? (before?.acquireTime ?? now) : now,
        renewTime: now,
        leaseTransitions: (before?.leaseTransitions ?? 0) + (kept ? 0 : 1),
      },
    };
  }

  #path(named: boolean): string {
    const { namespace, lease } = this.#options;
    const collection = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`;
    return named ? `${collection}/${lease}` : collection;
  }
}
