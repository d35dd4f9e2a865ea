import type { RejectionCode } from '../../shared/agreements/rejection-codes.ts';

/** Why a record becomes a dead letter instead of a decision. This is a result, never an exception. */
export interface Rejection {
  readonly code: RejectionCode;
  /** One sentence for a person. It names field, value and rule. */
  readonly message: string;
  readonly field?: string;
}
