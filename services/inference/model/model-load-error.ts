import type { ModelLoadReason } from '../../shared/agreements/condition-reasons.ts';

/** A version that must not serve. A retry does not help unless its files change. */
export class ModelLoadError extends Error {
  override readonly name = 'ModelLoadError';
  readonly reason: ModelLoadReason;

  constructor(reason: ModelLoadReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

/** The reason of a refusal, for the state that `/readyz` shows. Nothing if the error is no refusal. */
export function refusalReason(error: unknown): { readonly reason?: ModelLoadReason } {
  return error instanceof ModelLoadError ? { reason: error.reason } : {};
}
