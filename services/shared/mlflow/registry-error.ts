/**
 * - `unreachable`: no answer, a time-out, a 5xx, or an answer by something else than MLflow; trying again may help
 * - `not_found`: the registry says that it does not exist
 * - `refused`: the registry understood and said no, or its answer is not what MLflow's API promises
 */
export type RegistryErrorKind = 'unreachable' | 'not_found' | 'refused';

export class RegistryError extends Error {
  override readonly name = 'RegistryError';
  readonly kind: RegistryErrorKind;

  constructor(kind: RegistryErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}
