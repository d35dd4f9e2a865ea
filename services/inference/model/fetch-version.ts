import { artifactDigest } from '../../shared/contract/digest.ts';
import { type Memory, processMemory } from './memory.ts';
import { type ArtifactSource, downloadModelArtifact } from './model-artifact.ts';
import { ModelLoadError } from './model-load-error.ts';
import { checkModelSignature } from './signature/check-model-signature.ts';
import type { SigningKeys } from './signature/signing-keys.ts';

export interface FetchVersionOptions {
  readonly registry: ArtifactSource;
  readonly name: string;
  readonly version: string;
  /** Digest that the files must have. */
  readonly digest: string;
  /** The keys of which one must have signed the files. Undefined: no signature is demanded. */
  readonly signingKeys: SigningKeys | undefined;
  /** @default that of this process */
  readonly memory?: Memory;
  readonly signal: AbortSignal;
}

/**
 * Asks the registry for all that `loadModel` would ask for, and checks digest and signature. It loads nothing, because a
 * graph that nobody needs now would cost memory.
 * @throws ModelLoadError if the version must not serve; RegistryError if the registry gives no answer
 */
export async function fetchVersion(options: FetchVersionOptions): Promise<void> {
  const { registry, name, version, digest, signingKeys, memory = processMemory, signal } = options;
  await registry.getVersion(name, version, signal);
  const { files, read } = await downloadModelArtifact(registry, name, version, memory, signal);
  const found = artifactDigest(files);
  if (found !== digest) {
    const message = `the files of ${name} version ${version} have ${found}, but the status names ${digest}`;
    throw new ModelLoadError('DigestMismatch', message);
  }
  if (signingKeys === undefined) return;
  await checkModelSignature({ registry, name, version, files: read, signal }, signingKeys);
}
