import type { Clock } from '../../shared/clock.ts';
import type { Logger } from '../../shared/logging.ts';
import { LeaseConflict, type LeaseStore } from '../lease/lease-store.ts';
import type { Member, NewMember } from '../lease/shard-lease.ts';
import type { StreamHealth } from '../stream-health.ts';
import { ChangeObserver } from './change-observer.ts';

/** A member that is silent for this long has crashed and is removed. A member that was only suspended announces itself again. */
const FORGET_MEMBER_MILLISECONDS = 5 * 60_000;

export interface MembershipOptions {
  readonly store: LeaseStore;
  /** This process. */
  readonly member: NewMember;
  readonly leaseMilliseconds: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly health: StreamHealth;
}

/** Announces this process to the group, and knows which other members live. */
export class Membership {
  readonly #options: MembershipOptions;
  readonly #observer = new ChangeObserver();
  #names = '';
  #changedAt: number;

  constructor(options: MembershipOptions) {
    this.#options = options;
    this.#changedAt = options.clock.monotonic();
  }

  /** Monotonic time at which a member last came or went. */
  get changedAt(): number {
    return this.#changedAt;
  }

  /**
   * Looks at the store.
   * @param now monotonic time
   * @returns the members that showed a sign of life within a lease, this process included
   */
  live(now: number): readonly NewMember[] {
    const { store, member, leaseMilliseconds } = this.#options;
    this.#observe(now);
    const others = this.#others().filter(
      ({ name }) => this.#observer.ageMilliseconds(name, now) <= leaseMilliseconds,
    );
    const isDraining = store.members().find(({ name }) => name === member.name)?.draining === true;
    const members = [{ ...member, draining: isDraining }, ...others];
    const names = members
      .map(({ name }) => name)
      .sort()
      .join();
    if (names !== this.#names) {
      this.#names = names;
      this.#changedAt = now;
    }
    return members;
  }

  /**
   * True if the peer has been a member for a full lease. Only then can it tell which leases have expired. Always true for
   * this process: it counts a lease as expired only after it has watched it for a full lease.
   * @param now monotonic time
   */
  hasWatched(peer: NewMember, now: number): boolean {
    const { member, leaseMilliseconds } = this.#options;
    return peer.name === member.name || this.#observer.ageMilliseconds(joinOf(peer), now) > leaseMilliseconds;
  }

  /** Announces this process until `signal` aborts, and removes members that have crashed. */
  async keep(signal: AbortSignal): Promise<void> {
    const { store, member, clock, leaseMilliseconds, health } = this.#options;
    while (!signal.aborted) {
      let wait = leaseMilliseconds / 2;
      try {
        await store.announce(member, signal);
        health.succeeded('membership');
        await this.#forgetSilent();
      } catch (error) {
        if (signal.aborted) return;
        health.failed('membership', error);
        wait = leaseMilliseconds / 10;
      }
      await clock.sleep(wait, signal).catch(() => {});
    }
  }

  /** Leaves the group, so that no member plans with this process any more. */
  leave(): Promise<void> {
    return this.#withdraw(this.#options.member);
  }

  #others(): readonly Member[] {
    const { store, member } = this.#options;
    return store.members().filter(({ name }) => name !== member.name);
  }

  #observe(now: number): void {
    const signs = new Map<string, string>();
    for (const member of this.#options.store.members()) {
      signs.set(member.name, member.version);
      signs.set(joinOf(member), '');
    }
    this.#observer.observe(signs, now);
  }

  /** Every member does this, and the first member succeeds. */
  async #forgetSilent(): Promise<void> {
    const now = this.#options.clock.monotonic();
    const silent = this.#others().filter(
      ({ name }) => this.#observer.ageMilliseconds(name, now) > FORGET_MEMBER_MILLISECONDS,
    );
    await Promise.all(silent.map((it) => this.#withdraw(it)));
  }

  async #withdraw(member: NewMember | Member): Promise<void> {
    const { store, logger, leaseMilliseconds } = this.#options;
    try {
      await store.withdraw(member, AbortSignal.timeout(leaseMilliseconds / 5));
    } catch (error) {
      if (!(error instanceof LeaseConflict))
        logger.warn({ error, member: member.name }, 'could not withdraw from the group');
    }
  }
}

/** Identifies one process among those that used the same name one after another. */
function joinOf({ name, joinedMilliseconds }: NewMember): string {
  return `join ${name} ${joinedMilliseconds}`;
}
