import type { Clock } from '../../shared/clock.ts';
import type { Logger } from '../../shared/logging.ts';
import { LeaseConflict, type LeaseStore } from '../lease/lease-store.ts';
import type { Member, NewMember } from '../lease/shard-lease.ts';
import type { StreamHealth } from '../stream-health.ts';
import { ChangeObserver } from './change-observer.ts';
import { Namesake } from './namesake.ts';

/** Part of the health. */
const NAME = 'name';
const ADVICE = 'give each process its own POD_NAME';
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
  readonly #namesake: Namesake;
  #names = '';
  #changedAt: number;

  constructor(options: MembershipOptions) {
    this.#options = options;
    this.#namesake = new Namesake(options);
    this.#changedAt = options.clock.monotonic();
  }

  /** Monotonic time at which a member last came or went. */
  get changedAt(): number {
    return this.#changedAt;
  }

  /** True if this process must read nothing, because a process that joined later uses its name. */
  get standsBack(): boolean {
    return this.#namesake.isFound;
  }

  /**
   * Looks at the store.
   * @param now monotonic time
   * @returns the members that showed a sign of life within a lease, this process included
   */
  live(now: number): readonly NewMember[] {
    const { member, leaseMilliseconds } = this.#options;
    this.#observe(now);
    const others = this.#others().filter(
      ({ name }) => this.#observer.ageMilliseconds(name, now) <= leaseMilliseconds,
    );
    const isDraining = this.#stored()?.draining === true;
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
    const { clock, leaseMilliseconds, health } = this.#options;
    while (!signal.aborted) {
      let wait = leaseMilliseconds / 2;
      try {
        this.#observe(clock.monotonic());
        // Two processes that announce one name would each hide that the other lives.
        if (!this.#namesake.isLive(clock.monotonic())) await this.#announce(signal);
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
  async leave(): Promise<void> {
    const { member, clock, health } = this.#options;
    this.#observe(clock.monotonic());
    health.ended(NAME);
    // Then the name belongs to a process that goes on.
    if (!this.#namesake.isFound) await this.#withdraw(member);
  }

  async #announce(signal: AbortSignal): Promise<void> {
    const { store, member, health } = this.#options;
    this.#namesake.announcing(this.#stored());
    health.ended(NAME);
    await store.announce(member, signal);
  }

  /** What the store shows under the name of this process. It may be of another process. */
  #stored(): Member | undefined {
    const { store, member } = this.#options;
    return store.members().find(({ name }) => name === member.name);
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
    this.#lookForNamesake(now);
  }

  #lookForNamesake(now: number): void {
    const { member, health, logger } = this.#options;
    const wasFound = this.#namesake.isFound;
    this.#namesake.observe(this.#stored(), now);
    if (wasFound || !this.#namesake.isFound) return;
    const message = `another process uses the name ${JSON.stringify(member.name)} and joined later, so this process reads nothing`;
    logger.warn({ member: member.name }, `${message}. ${ADVICE}`);
    health.held(NAME, new Error(message), ADVICE);
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
