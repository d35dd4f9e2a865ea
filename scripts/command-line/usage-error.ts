/** The command line is wrong. The tool then exits with 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The command is understood and must not be carried out. The message says what to do instead. The tool exits with 1. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
}
