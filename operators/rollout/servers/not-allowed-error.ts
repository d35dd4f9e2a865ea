import type { ConditionReason } from '../../../services/shared/agreements/condition-reasons.ts';

/** The operator sent nothing, because it may not call the server or has no credentials for it. */
export class NotAllowedError extends Error {
  override readonly name = 'NotAllowedError';
  /** Undefined: the settings do not list the host. */
  readonly reason: Extract<ConditionReason, 'CredentialsMissing'> | undefined;

  constructor(message: string, reason?: NotAllowedError['reason'], options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}
