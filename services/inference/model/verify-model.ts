import type { RefusalReason } from '../../shared/agreements/condition-reasons.ts';
import type { ServingContract } from '../../shared/contract/serving-contract.ts';
import { RegistryError } from '../../shared/mlflow/registry-error.ts';
import { batchLatencyP99Milliseconds } from './batch-latency.ts';
import { incompatibilities } from './contract-compatibility.ts';
import { loadModel } from './load-model.ts';
import type { Model } from './model.ts';
import type { ArtifactSource } from './model-artifact.ts';
import { ModelLoadError } from './model-load-error.ts';
import type { SigningKeys } from './signature/signing-keys.ts';

export interface VerifyModelOptions {
  readonly registry: ArtifactSource;
  readonly name: string;
  readonly version: string;
  /** Version that serves now. The new version must be compatible with it. */
  readonly stable: StableVersion | undefined;
  /** Whether the version is refused if the contract of the stable version cannot be read any more. */
  readonly requireStableContract: boolean;
  /** The keys of which one must have signed the new version. Undefined: no signature is demanded. */
  readonly signingKeys?: SigningKeys | undefined;
  readonly maximumBatchP99Milliseconds: number;
  readonly monotonic: () => number;
  readonly signal?: AbortSignal;
}

interface StableVersion {
  /** The registry that held the version when it was promoted. */
  readonly registry: ArtifactSource;
  readonly version: string;
  /** Undefined: any digest. A deleted model that was made anew has other files under the same number. */
  readonly digest: string | undefined;
}

export interface Verdict {
  readonly passed: boolean;
  /** `Verified` if the version passed. */
  readonly reason: 'Verified' | RefusalReason;
  readonly message: string;
  readonly digest?: string;
  readonly runId?: string;
}

/**
 * Decides if a version may take part: it loads as in a server, clients of the stable version can call it, and it is fast
 * enough.
 * @throws RegistryError if the registry gives no answer about the version or about the stable version
 */
export async function verifyModel(options: VerifyModelOptions): Promise<Verdict> {
  let model: Model;
  try {
    model = await load(options, options.version);
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal === undefined) throw error;
    return { passed: false, ...refusal };
  }
  try {
    return { ...(await judge(options, model)), digest: model.identity.digest, runId: model.identity.runId };
  } finally {
    await model.close();
  }
}

/** Undefined if a retry may succeed. */
function refusalOf(error: unknown): Pick<Verdict, 'reason' | 'message'> | undefined {
  if (error instanceof ModelLoadError) return { reason: error.reason, message: error.message };
  if (!(error instanceof RegistryError) || error.kind === 'unreachable') return undefined;
  const reason = error.kind === 'not_found' ? 'ArtifactMissing' : 'RegistryRefused';
  return { reason, message: error.message };
}

async function judge(options: VerifyModelOptions, model: Model): Promise<Verdict> {
  const before = await stableContract(options, model);
  if (before.kind === 'missing' && options.requireStableContract) {
    return { passed: false, reason: 'StableVersionMissing', message: before.message };
  }
  const stable = before.kind === 'read' ? before.contract : undefined;
  const { contract } = model;
  if (contract === undefined) {
    return stable === undefined
      ? {
          passed: true,
          reason: 'Verified',
          message: 'the model loads; without serving.json there is nothing else to verify',
        }
      : {
          passed: false,
          reason: 'ContractMissing',
          message: 'the stable version has a serving.json, but this version has none',
        };
  }
  const problems = stable === undefined ? [] : incompatibilities(stable, contract);
  if (problems.length > 0) {
    return { passed: false, reason: 'SignatureIncompatible', message: problems.join('; ') };
  }
  const { maximumBatchP99Milliseconds: limit, monotonic } = options;
  const p99 = await batchLatencyP99Milliseconds(model, contract, { limitMilliseconds: limit, monotonic });
  const latency = `p99 of batches of 256 is ${p99.toFixed(2)} ms`;
  if (p99 > limit)
    return { passed: false, reason: 'TooSlow', message: `${latency}, the limit is ${limit} ms` };
  return {
    passed: true,
    reason: 'Verified',
    message: `${contract.golden.length} golden samples match; ${latency}`,
  };
}

type StableContract =
  | { readonly kind: 'read'; readonly contract: ServingContract | undefined }
  | { readonly kind: 'none' }
  | { readonly kind: 'missing'; readonly message: string };

/** The contract that clients of the stable version rely on. The same files have the same contract. */
async function stableContract(options: VerifyModelOptions, model: Model): Promise<StableContract> {
  const { stable, requireStableContract } = options;
  if (stable === undefined || stable.digest === model.identity.digest) return { kind: 'none' };
  const missing = (why: string): StableContract => ({
    kind: 'missing',
    message: `the contract of stable version ${stable.version} cannot be read: ${why}`,
  });
  try {
    const loaded = await load(
      { ...options, registry: stable.registry, signingKeys: undefined },
      stable.version,
    );
    await loaded.close();
    const { digest } = loaded.identity;
    if (stable.digest !== undefined && stable.digest !== digest) {
      return missing(`its files have the digest ${digest}, but ${stable.digest} serves`);
    }
    return { kind: 'read', contract: loaded.contract };
  } catch (error) {
    if (error instanceof ModelLoadError) return missing(error.message);
    if (!(error instanceof RegistryError)) throw error;
    // An outage ends. A person who does not require the contract does not wait for that end.
    if (error.kind === 'not_found' || !requireStableContract) return missing(error.message);
    throw error;
  }
}

function load(
  {
    registry,
    name,
    signingKeys,
    signal,
  }: Pick<VerifyModelOptions, 'registry' | 'name' | 'signingKeys' | 'signal'>,
  version: string,
): Promise<Model> {
  return loadModel({
    registry,
    name,
    version,
    requireContract: false,
    signingKeys,
    ...(signal ? { signal } : {}),
  });
}
