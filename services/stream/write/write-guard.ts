/** The right to write. Check it right before each request. */
export interface WriteGuard {
  readonly signal: AbortSignal;
  /** Throws once the right is gone. This works even in a process that was suspended and whose timers have not run yet. */
  assertHeld(): void;
}
