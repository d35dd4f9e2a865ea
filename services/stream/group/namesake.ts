import type { Member, NewMember } from '../lease/shard-lease.ts';

export interface NamesakeOptions {
  /** This process. */
  readonly member: NewMember;
  readonly leaseMilliseconds: number;
}

/**
 * Notices another process that uses the name of this process. Of two such processes, the one that joined later reads, so a
 * process that replaces another one under its name never waits. The other process stands back.
 *
 * The replaced process may be dead, and may even have joined later by its clock. So only what is stored after the own
 * announcement began shows that a namesake lives.
 */
export class Namesake {
  readonly #options: NamesakeOptions;
  #isAnnounced = false;
  /** Version that was stored under the name before this process last announced itself. It shows nothing new. */
  #knownVersion: string | undefined;
  #seen: { readonly version: string; readonly atMilliseconds: number } | undefined;

  constructor(options: NamesakeOptions) {
    this.#options = options;
  }

  /** True from the first sign of a later namesake until this process announces itself again. */
  get isFound(): boolean {
    return this.#seen !== undefined;
  }

  /**
   * @param stored what the store shows under the name
   * @param now monotonic time
   */
  observe(stored: Member | undefined, now: number): void {
    if (stored === undefined && this.#seen !== undefined) {
      // The namesake has left. It shows no sign of life any more.
      this.#seen = { ...this.#seen, atMilliseconds: Number.NEGATIVE_INFINITY };
      return;
    }
    if (stored === undefined || !this.#isAnnounced || stored.version === this.#knownVersion) return;
    if (stored.joinedMilliseconds <= this.#options.member.joinedMilliseconds) return;
    if (stored.version !== this.#seen?.version) this.#seen = { version: stored.version, atMilliseconds: now };
  }

  /**
   * True if a later namesake showed a sign of life within a lease. Then this process must not announce itself.
   * @param now monotonic time
   */
  isLive(now: number): boolean {
    return this.#seen !== undefined && now - this.#seen.atMilliseconds <= this.#options.leaseMilliseconds;
  }

  /**
   * Call this right before this process announces itself.
   * @param before what the store shows under the name
   */
  announcing(before: Member | undefined): void {
    this.#isAnnounced = true;
    this.#knownVersion = before?.version;
    this.#seen = undefined;
  }
}
