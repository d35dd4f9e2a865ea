import { z } from 'zod';
import { printable } from '../printable.ts';

/**
 * What the verification process and the operator agree on. The operator starts the process as a Job and reads its exit
 * code and its termination message.
 */

/** Name of the container. The pod failure policy and the reader of the result find the container by it. */
export const VERIFICATION_CONTAINER = 'verify';

export const VERIFICATION_EXIT_CODES = {
  passed: 0,
  /** The version must not serve. The Job is not tried again. */
  refused: 1,
  /** The registry, the settings or the machine failed, not the model. The Job is tried again. */
  infrastructure: 2,
} as const;

/** Characters kept of a message. Kubernetes keeps 4,096 bytes of a termination message, which holds the whole result. */
export const VERIFICATION_MESSAGE_CHARACTERS = 2_000;

/** The one line of JSON that a verification leaves as its termination message. */
export const verificationResultSchema = z.object({
  passed: z.boolean(),
  /** `Verified`, or a refusal of condition-reasons.ts. */
  reason: z.string(),
  /** One sentence for a person. */
  message: z.string().transform((text) => printable(text, VERIFICATION_MESSAGE_CHARACTERS)),
  /** `sha256:…` over the version's files. Empty if the version was refused before its files were read. */
  digest: z.string().default(''),
  /** MLflow run that made the version. Empty if the version was refused before it was loaded. */
  runId: z.string().default(''),
});

export type VerificationResult = z.input<typeof verificationResultSchema>;
