import type { RefusalReason } from '../../shared/agreements/condition-reasons.ts';
import type { ServingContract } from '../../shared/contract/serving-contract.ts';
import { RegistryError } from '../../shared/mlflow/registry-error.ts';
import { batchLatencyP99Milliseconds } from './batch-latency.ts';
import { incompatibilities } from './contract-compatibility.ts';
import { loadModel } from './load-model.ts';
import type { Model } from './model.ts';
import type { ArtifactSource } from './model-artifact.ts';
import { ModelLoadError } from './model-load-error.ts';

export interface VerifyModelOptions {
  readonly registry: ArtifactSource;
  readonly name: string;
  readonly version: string;
  /** Version that serves now. The new version must be compatible with it. */
  readonly stableVersion: string | undefined;
  readonly maximumBatchP99Milliseconds: number;
  readonly monotonic: () => number;
  readonly signal?: AbortSignal;
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
  const stable = await stableContract(options);
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

/** Undefined if there is no stable version, or if it cannot be loaded any more. */
async function stableContract(options: VerifyModelOptions): Promise<ServingContract | undefined> {
  if (options.stableVersion === undefined) return undefined;
  try {
    const stable = await load(options, options.stableVersion);
    await stable.close();
    return stable.contract;
  } catch (error) {
    // A version that cannot be loaded any more has no clients.
    if (error instanceof ModelLoadError) return undefined;
    if (error instanceof RegistryError && error.kind === 'not_found') return undefined;
    throw error;
  }
}

function load({ registry, name, signal }: VerifyModelOptions, version: string): Promise<Model> {
  return loadModel({ registry, name, version, requireContract: false, ...(signal ? { signal } : {}) });
}
