/**
 * Names of the Kinesis streams, for the manifests that create them, the service that reads and writes them, and the scripts
 * that play a client. The names are those of the system that this one replaces, so that its clients go on working.
 */
export const STREAM_NAMES = {
  /** Applications come in here. */
  input: 'loan-applications',
  /** Decisions go out here. */
  output: 'loan-predictions',
  /** Dead letters go out here. */
  rejects: 'loan-rejects',
} as const;
