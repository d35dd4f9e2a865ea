/**
 * - `VersionNotFound`: the registry has no such version
 * - `ArtifactMissing`: a file that the model needs was never uploaded
 * - `ArtifactTooLarge`: a file exceeds its limit, or there are too many of them
 * - `InvalidArtifact`: MLmodel or the graph cannot be read
 * - `DigestMismatch`: the files are not the ones that were pinned or registered
 * - `InvalidContract`: serving.json breaks its schema or contradicts itself
 * - `ContractMissing`: there is no serving.json, and the caller has to decide, not only infer
 * - `SignatureMismatch`: the graph's inputs or outputs are not what serving.json says
 * - `GoldenSampleMismatch`: the graph does not repeat the probabilities that training computed
 */
export type ModelLoadReason =
  | 'VersionNotFound'
  | 'ArtifactMissing'
  | 'ArtifactTooLarge'
  | 'InvalidArtifact'
  | 'DigestMismatch'
  | 'InvalidContract'
  | 'ContractMissing'
  | 'SignatureMismatch'
  | 'GoldenSampleMismatch';

/** A version that must not serve. Trying again does not help unless its files change. */
export class ModelLoadError extends Error {
  override readonly name = 'ModelLoadError';
  readonly reason: ModelLoadReason;

  constructor(reason: ModelLoadReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}
