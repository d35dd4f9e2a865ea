/** What a suite came to. */
export interface SuiteResult {
  readonly passed: number;
  readonly failed: number;
  /** The failed tests' names. */
  readonly failures: readonly string[];
}
