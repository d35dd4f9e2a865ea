/**
 * - `unreachable`: no answer, a time-out, a 5xx, or an answer that is not MLflow's; a retry may succeed
 * - `not_found`: the registry answers that the object does not exist
 * - `refused`: the registry refused the request, or its answer breaks MLflow's API
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
