/** What a suite came to. */
export interface Outcome {
  readonly passed: number;
  readonly failed: number;
  /** The failed tests' names. */
  readonly failures: readonly string[];
}
