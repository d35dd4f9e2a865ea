/** Exit codes of `loan-training`, which jobs/training/src/loan_training/errors.py defines. */
export const TRAINING_EXIT_CODES = {
  /** The run gave no model that may be shipped. */
  failed: 1,
  /** The command line or the data is invalid. */
  invalidInput: 2,
  /** A server that the run needs did not answer. Another run may succeed. */
  unreachable: 3,
} as const;
