import type { Clock } from '../../shared/clock.ts';
import type { ShardLease } from '../lease/shard-lease.ts';
import { type Care, careFor } from '../shard/care.ts';

export interface Suspicion {
  /** Unclean ends after which records are tried alone. 0 or less: never. */
  readonly attempts: number;
  /** Records that one owner had in hand at most. After so many records, careful reading has found the record at fault. */
  readonly suspects: number;
}

export interface ShardCareOptions extends Suspicion {
  readonly lease: Pick<ShardLease, 'uncleanEnds' | 'trying'>;
  /** An owner that has held the shard for this long, with progress, counts as healthy. */
  readonly healthyMilliseconds: number;
  /** The same while batches are tried alone. It is longer, so that the record at fault is met before. */
  readonly watchedMilliseconds: number;
  readonly clock: Clock;
}

/** How carefully this owner reads its shard, and what the lease must remember for the next owner. */
export class ShardCare {
  readonly #options: ShardCareOptions;
  #care: Care;
  #uncleanEnds: number;
  #trying: string | undefined;
  #condemned: string | undefined;
  #suspectsLeft: number;
  #healthyFrom: number;
  #hasProgress = false;

  constructor(options: ShardCareOptions) {
    const { lease, attempts, suspects } = options;
    this.#options = options;
    this.#care = careFor(lease.uncleanEnds, attempts);
    this.#uncleanEnds = lease.uncleanEnds;
    this.#condemned = lease.trying;
    this.#trying = lease.trying;
    this.#suspectsLeft = suspects;
    this.#healthyFrom = this.#healthyTime();
  }

  get care(): Care {
    return this.#care;
  }

  /** Progress at once after a take proves nothing: the next owner may crash on the same record. */
  get uncleanEnds(): number {
    const healthy =
      this.#care !== 'records' && this.#hasProgress && this.#options.clock.monotonic() >= this.#healthyFrom;
    return healthy ? 0 : this.#uncleanEnds;
  }

  /** What is in hand. Also the condemned record, until its dead letter is stored. */
  get trying(): string | undefined {
    return this.#trying;
  }

  get condemned(): string | undefined {
    return this.#condemned;
  }

  take(position: string | undefined): void {
    this.#condemned = undefined;
    this.#trying = position;
  }

  /** Call this before the shard is given up. The record in hand is done, or is left to the next owner. */
  putDown(): void {
    this.#trying = this.#condemned;
  }

  /**
   * Call this once records are done, or with 0 once the tip of the shard is reached with nothing in hand.
   * @returns true if the shard may be read less carefully from now on
   */
  progressed(records: number): boolean {
    this.#hasProgress = true;
    if (records > 0 && this.#condemned !== undefined) this.take(undefined);
    if (this.#care === 'none') return false;
    this.#suspectsLeft -= records;
    // Nothing is in hand, so the record at fault is not among those that are there.
    if (records === 0) return true;
    return this.#care === 'batches' ? this.uncleanEnds === 0 : this.#suspectsLeft <= 0;
  }

  /** One step down: from records to batches, and from batches to no care. */
  relax(): void {
    const { attempts } = this.#options;
    this.#uncleanEnds = this.#care === 'records' ? Math.max(1, attempts - 1) : 0;
    this.#care = this.#care === 'records' ? 'batches' : 'none';
    this.#hasProgress = false;
    this.#healthyFrom = this.#healthyTime();
  }

  #healthyTime(): number {
    const { clock, healthyMilliseconds, watchedMilliseconds } = this.#options;
    return clock.monotonic() + (this.#care === 'none' ? healthyMilliseconds : watchedMilliseconds);
  }
}
