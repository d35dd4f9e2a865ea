/** Least that a shard with nothing in flight may read, however many shards share the budget. */
const LEAST_GRANT_BYTES = 64 * 1024;

interface Reservation {
  readonly share: ByteShare;
  readonly bytes: number;
  readonly grant: (bytes: number) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Bounds the memory of records that are read and not yet confirmed. One half of the limit is split evenly among the shards.
 * The other half is common: whoever needs more than its share takes from it, in order of asking. So a shard whose records
 * are never confirmed holds its share and at most the common half, and every other shard still has its own share.
 *
 * A shard with nothing in flight is never kept waiting. It gets at least its share, but perhaps less than it asked for. A
 * shard with records in flight waits for the rest. So a shard goes on whenever its own records are confirmed.
 *
 * The size of a read is unknown in advance, so a reader reserves a guess and corrects it afterwards. All shards together
 * exceed the limit by what their reads exceed the guesses, and by the shares of shards that came while the limit was
 * used up. With more than 512 shares for each 64 MiB the shares are larger than half of the limit.
 */
export class ByteBudget {
  readonly #limitBytes: number;
  readonly #onChange: (usedBytes: number) => void;
  readonly #used = new Map<ByteShare, number>();
  /** In order of asking. */
  #waiting: Reservation[] = [];
  #usedBytes = 0;

  constructor(limitBytes: number, onChange: (usedBytes: number) => void = () => {}) {
    this.#limitBytes = limitBytes;
    this.#onChange = onChange;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** The part of one shard. It counts until it is closed. */
  share(): ByteShare {
    const share = new ByteShare(this);
    this.#used.set(share, 0);
    return share;
  }

  usedBy(share: ByteShare): number {
    return this.#used.get(share) ?? 0;
  }

  isWaiting(share: ByteShare): boolean {
    return this.#waiting.some((reservation) => reservation.share === share);
  }

  reserve(share: ByteShare, bytes: number, signal: AbortSignal): Promise<number> {
    const granted = this.#grantable(share, bytes, this.#waiting.length > 0);
    if (granted !== undefined) {
      this.add(share, granted);
      return Promise.resolve(granted);
    }
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const onAbort = () => {
        this.#waiting = this.#waiting.filter((other) => other !== reservation);
        reject(signal.reason);
        this.#grantWaiting();
      };
      const reservation: Reservation = {
        share,
        bytes,
        grant: (given) => {
          signal.removeEventListener('abort', onAbort);
          resolve(given);
        },
        reject,
      };
      this.#waiting.push(reservation);
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }

  add(share: ByteShare, bytes: number): void {
    const used = this.#used.get(share);
    if (used === undefined || bytes === 0) return;
    this.#used.set(share, used + bytes);
    this.#usedBytes += bytes;
    if (bytes < 0) this.#grantWaiting();
    this.#onChange(this.#usedBytes);
  }

  close(share: ByteShare): void {
    const own = this.#waiting.filter((reservation) => reservation.share === share);
    this.#waiting = this.#waiting.filter((reservation) => reservation.share !== share);
    for (const { reject } of own) reject(new Error('the share of the byte budget is closed'));
    this.#usedBytes -= this.usedBy(share);
    this.#used.delete(share);
    this.#onChange(this.#usedBytes);
    this.#grantWaiting();
  }

  #grantWaiting(): void {
    if (this.#waiting.length === 0) return;
    const left: Reservation[] = [];
    for (const reservation of this.#waiting) {
      const { share, bytes, grant } = reservation;
      const granted = this.#grantable(share, bytes, left.length > 0);
      if (granted === undefined) left.push(reservation);
      else {
        this.#used.set(share, this.usedBy(share) + granted);
        this.#usedBytes += granted;
        grant(granted);
      }
    }
    this.#waiting = left;
    this.#onChange(this.#usedBytes);
  }

  /**
   * Undefined if the shard has to wait.
   * @param isContested true if others wait for the common half. Nobody overtakes them.
   */
  #grantable(share: ByteShare, bytes: number, isContested: boolean): number | undefined {
    const used = this.usedBy(share);
    const own = Math.max(0, this.#shareBytes - used);
    if (bytes <= own) return bytes;
    const available = own + (isContested ? 0 : this.#commonBytes);
    if (bytes <= available) return bytes;
    return used === 0 ? available : undefined;
  }

  get #shareBytes(): number {
    return Math.max(LEAST_GRANT_BYTES, Math.floor(this.#limitBytes / 2 / Math.max(1, this.#used.size)));
  }

  /** What nobody uses of the common half. */
  get #commonBytes(): number {
    const share = this.#shareBytes;
    let free = this.#limitBytes / 2;
    for (const used of this.#used.values()) free -= Math.max(0, used - share);
    return Math.max(0, Math.floor(free));
  }
}

/** The part of a ByteBudget that one shard has. */
export class ByteShare {
  /** Called when a reservation has to wait, with a promise that ends with the wait. */
  onWait: (wait: Promise<unknown>) => void = () => {};
  readonly #budget: ByteBudget;

  constructor(budget: ByteBudget) {
    this.#budget = budget;
  }

  get usedBytes(): number {
    return this.#budget.usedBy(this);
  }

  /** True if the reader waits for bytes. */
  get isWaiting(): boolean {
    return this.#budget.isWaiting(this);
  }

  /**
   * Resolves with the bytes that are reserved: as many as asked for, or fewer if this shard has nothing in flight.
   * @throws the signal's reason
   */
  reserve(bytes: number, signal: AbortSignal): Promise<number> {
    const reserved = this.#budget.reserve(this, bytes, signal);
    if (this.isWaiting) this.onWait(reserved);
    return reserved;
  }

  /** Corrects a reservation. A negative number gives bytes back. */
  add(bytes: number): void {
    this.#budget.add(this, bytes);
  }

  /** Gives all bytes back. Whatever is added later does not count. */
  close(): void {
    this.#budget.close(this);
  }
}
