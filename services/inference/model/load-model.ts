import { artifactDigest } from '../../shared/contract/digest.ts';
import {
  ContractError,
  parseServingContract,
  type ServingContract,
} from '../../shared/contract/serving-contract.ts';
import type { ModelVersion } from '../../shared/mlflow/model-registry.ts';
import { RegistryError } from '../../shared/mlflow/registry-error.ts';
import { sampleBytes } from './front-samples.ts';
import { checkMemory, type Memory, processMemory } from './memory.ts';
import type { Model, ModelIdentity } from './model.ts';
import { type ArtifactSource, downloadModelArtifact, type ModelArtifact } from './model-artifact.ts';
import { checkContract, checkGoldenSamples } from './model-checks.ts';
import { ModelLoadError } from './model-load-error.ts';
import { loadingCostBytes } from './onnx/loading-cost.ts';
import { OnnxModel } from './onnx-model.ts';
import { servedGraph } from './served-graph.ts';
import { checkModelSignature } from './signature/check-model-signature.ts';
import type { SigningKeys } from './signature/signing-keys.ts';
import { checkSignature } from './signature-checks.ts';

export interface LoadModelOptions {
  readonly registry: ArtifactSource;
  readonly name: string;
  readonly version: string;
  /** Expected digest, `sha256:…`. Undefined: the digest in the version's tag `digest`, if there is a tag. */
  readonly expectedDigest?: string | undefined;
  /** True: refuse a model that was logged without `serving.json`. */
  readonly requireContract: boolean;
  /** The keys of which one must have signed the files. Undefined: no signature is demanded. */
  readonly signingKeys?: SigningKeys | undefined;
  /** @default that of this process */
  readonly memory?: Memory;
  /** Opens the verified version in other pods. Undefined: onnxruntime loads the graph into this process. */
  readonly openRemote?: ((identity: ModelIdentity, contract: ServingContract) => Promise<Model>) | undefined;
  readonly signal?: AbortSignal;
}

/**
 * Downloads, verifies and loads a version. The digest must match, a trusted key must have signed the files if that is
 * demanded, the graph must fit the contract, and the model must repeat its golden samples.
 * @throws ModelLoadError if the version must not serve; RegistryError if the registry gives no answer
 */
export async function loadModel(options: LoadModelOptions): Promise<Model> {
  const { registry, name, version, signal, memory = processMemory } = options;
  const registered = await getVersion(options);
  const artifact = await downloadModelArtifact(registry, name, version, memory, signal);
  const digest = artifactDigest(artifact.files);
  checkDigest(registered, digest, options.expectedDigest);
  if (options.signingKeys !== undefined) {
    await checkModelSignature({ registry, name, version, files: artifact.read, signal }, options.signingKeys);
  }
  const contract = readContract(artifact);
  if (contract === undefined && options.requireContract) {
    throw new ModelLoadError('ContractMissing', `${name} version ${version} was logged without serving.json`);
  }
  if (options.openRemote !== undefined) {
    const identity = { name, version, runId: registered.runId, digest };
    return checked(await options.openRemote(identity, contractOf(contract, identity)), contract);
  }
  checkMemory(
    memory,
    `loading ${artifact.mlmodel.graphPath} of ${name} version ${version}`,
    neededBytes(artifact, contract),
  );
  const model = await createModel(artifact, registered, digest, contract);
  return checked(model, contract, () => contract && checkSignature(model.signature, contract));
}

/** The model once it has repeated its golden samples. A model that fails a check is closed. */
async function checked(
  model: Model,
  contract: ServingContract | undefined,
  checkMore: () => void = () => {},
): Promise<Model> {
  try {
    checkMore();
    if (contract !== undefined) await checkGoldenSamples(model, contract);
    return model;
  } catch (error) {
    await model.close();
    throw error;
  }
}

/** @throws ModelLoadError, because only rows of a contract go to other pods */
function contractOf(
  contract: ServingContract | undefined,
  { name, version }: ModelIdentity,
): ServingContract {
  if (contract !== undefined) return contract;
  throw new ModelLoadError(
    'ContractMissing',
    `${name} version ${version} was logged without serving.json, and an isolated canary needs it`,
  );
}

async function getVersion(options: LoadModelOptions): Promise<ModelVersion> {
  const { registry, name, version, signal } = options;
  try {
    return await registry.getVersion(name, version, signal);
  } catch (error) {
    if (error instanceof RegistryError && error.kind === 'not_found') {
      throw new ModelLoadError('VersionNotFound', `the registry has no version ${version} of ${name}`, {
        cause: error,
      });
    }
    throw error;
  }
}

function checkDigest(registered: ModelVersion, digest: string, pinned: string | undefined): void {
  const { name, version, tags } = registered;
  const expectations = [
    ['the pinned digest', pinned],
    ["the version's tag `digest`", tags.digest],
  ] as const;
  for (const [what, expected] of expectations) {
    if (expected !== undefined && expected !== digest) {
      throw new ModelLoadError(
        'DigestMismatch',
        `the files of ${name} version ${version} have ${digest}, ${what} is ${expected}`,
      );
    }
  }
}

function readContract(artifact: ModelArtifact): ServingContract | undefined {
  if (artifact.serving === undefined) return undefined;
  try {
    const contract = parseServingContract(new TextDecoder().decode(artifact.serving));
    checkContract(contract);
    return contract;
  } catch (error) {
    if (!(error instanceof ContractError)) throw error;
    throw new ModelLoadError('InvalidContract', error.message, { cause: error });
  }
}

/** Memory that loading needs beside the files. */
function neededBytes({ graph, outline }: ModelArtifact, contract: ServingContract | undefined): number {
  if (outline instanceof Error) return 0;
  // A graph that is cut at its matrix is copied, and its front is run.
  const cut = contract?.encoding === undefined ? 0 : graph.length + sampleBytes(contract);
  return loadingCostBytes(graph.length, outline) + cut;
}

async function createModel(
  artifact: ModelArtifact,
  { name, version, runId }: ModelVersion,
  digest: string,
  contract: ServingContract | undefined,
): Promise<Model> {
  try {
    const { graph, outline, externalData, mlmodel } = artifact;
    if (outline instanceof Error) throw outline;
    const served = await servedGraph(graph, outline, externalData, contract);
    return await OnnxModel.create({
      graph: served.graph,
      externalData,
      identity: { name, version, runId, digest },
      contract,
      graphColumns: served.columns,
      columns: mlmodel.columns,
    });
  } catch (error) {
    if (error instanceof ModelLoadError) throw error;
    throw new ModelLoadError(
      'InvalidArtifact',
      `onnxruntime cannot load ${artifact.mlmodel.graphPath} of ${name} version ${version}: ${(error as Error).message}`,
      { cause: error },
    );
  }
}
