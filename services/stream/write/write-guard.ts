/** The right to write, asked for right before each request. */
export interface WriteGuard {
  readonly signal: AbortSignal;
  /** Throws once the right is gone, also where no timer could tell (a suspended process). */
  assertHeld(): void;
}
