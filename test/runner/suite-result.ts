/** The result of a suite: how many of its tests passed and failed. */
export interface SuiteResult {
  readonly passed: number;
  readonly failed: number;
  /** The failed tests' names. */
  readonly failures: readonly string[];
}
