import { createHash } from 'node:crypto';
import { RegistryError } from '../../../shared/mlflow/registry-error.ts';
import { signerOf } from '../../../shared/statements/envelope.ts';
import { type ArtifactSource, SERVING_FILE } from '../model-artifact.ts';
import { ModelLoadError } from '../model-load-error.ts';
import { BundleError, parseBundle, SIGNATURE_FILE, signedFiles } from './signed-bundle.ts';
import type { SigningKeys } from './signing-keys.ts';

/** A bundle takes some 330 bytes for each file. */
const SIGNATURE_LIMIT_BYTES = 2 * 1024 * 1024;

/** Names of files that a message lists. */
const SHOWN_FILES = 5;

/** Keys that a message lists, and files without a key. */
const SHOWN_KEYS = 10;

export interface SignedVersion {
  readonly registry: ArtifactSource;
  readonly name: string;
  readonly version: string;
  /** What the service read and is going to serve from, by artifact path: MLmodel too, which names graph and columns. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Checks that a trusted key signed every file that the service reads, as it was read. Further signed files may be
 * missing or differ, because the service does not read them. serving.json is the exception: without it a model serves
 * with fewer checks.
 * @throws ModelLoadError (ModelSignatureMissing, ModelSignatureInvalid), RegistryError
 */
export async function checkModelSignature(signed: SignedVersion, trusted: SigningKeys): Promise<void> {
  const content = await downloadSignature(signed);
  const invalid = (why: string) =>
    new ModelLoadError(
      'ModelSignatureInvalid',
      `${SIGNATURE_FILE} of ${signed.name} version ${signed.version}: ${why}`,
    );
  try {
    const envelope = parseBundle(content);
    const signer = await signerOf(envelope, trusted.keys);
    if (signer === undefined) throw invalid(`no trusted key signed it (${describe(trusted)})`);
    const problems = problemsOf(signed.files, signedFiles(envelope), signer.name);
    if (problems.length > 0) throw invalid(problems.slice(0, SHOWN_FILES).join('; '));
  } catch (error) {
    if (error instanceof BundleError) throw invalid(error.message);
    throw error;
  }
}

async function downloadSignature({ registry, name, version, signal }: SignedVersion): Promise<Uint8Array> {
  // MLflow answers alike for a missing file and an outage, so the files are listed first.
  const listing = await registry.listArtifacts(name, version, signal);
  const file = listing.find(({ path }) => path === SIGNATURE_FILE);
  if (file === undefined) {
    throw new ModelLoadError(
      'ModelSignatureMissing',
      `${name} version ${version} has no ${SIGNATURE_FILE}, and this service demands a signature of the model`,
    );
  }
  if (file.sizeBytes > SIGNATURE_LIMIT_BYTES) {
    throw new ModelLoadError(
      'ModelSignatureInvalid',
      `${SIGNATURE_FILE} of ${name} version ${version} has ${file.sizeBytes} bytes; the limit is ${SIGNATURE_LIMIT_BYTES}`,
    );
  }
  try {
    return await registry.downloadArtifact(name, version, SIGNATURE_FILE, SIGNATURE_LIMIT_BYTES, signal);
  } catch (error) {
    if (!(error instanceof RegistryError) || error.kind !== 'not_found') throw error;
    throw new ModelLoadError('ModelSignatureMissing', error.message, { cause: error });
  }
}

function problemsOf(
  files: ReadonlyMap<string, Uint8Array>,
  signed: ReadonlyMap<string, string>,
  signer: string,
): string[] {
  const loaded = [...files].flatMap(([path, content]) => {
    const hash = signed.get(path);
    if (hash === undefined) return [`${path} is not among the files that ${signer} signed`];
    return hash === sha256(content) ? [] : [`${path} differs from the file that ${signer} signed`];
  });
  const removed = signed.has(SERVING_FILE) && !files.has(SERVING_FILE);
  return removed ? [...loaded, `${SERVING_FILE} was signed by ${signer}, and is missing`] : loaded;
}

function sha256(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

function describe({ keys, faults }: SigningKeys): string {
  const names = shown(keys.map(({ name }) => name));
  return [`trusted: ${names.join(', ')}`, ...shown(faults)].join('; ');
}

function shown(texts: readonly string[]): readonly string[] {
  const more = texts.length - SHOWN_KEYS;
  return more > 0 ? [...texts.slice(0, SHOWN_KEYS), `and ${more} more`] : texts;
}
