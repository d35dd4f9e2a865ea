import { SELECTED } from '../infrastructure/environments.ts';
import { expectedOutputs } from '../infrastructure/outputs.ts';
import { eksEnvironment } from './eks-environment.ts';
import { defineEnvironment } from './environment.ts';
import { IMAGE_TAG } from './image-tag.ts';
import { KIND_CLUSTER } from './kind-cluster.ts';

export const kind = defineEnvironment({
  name: 'kind',
  images: { prefix: 'loan-eligibility', tag: IMAGE_TAG },
  podNetwork: KIND_CLUSTER.podNetwork,
  apiServerPort: KIND_CLUSTER.apiServerPort,
  database: { kind: 'in-cluster', sizeGibibytes: 1 },
  artifacts: { kind: 'volume', sizeGibibytes: 2 },
  kinesis: { region: 'us-east-1', emulator: true, shards: 4 },
  inference: {
    minimumReplicas: 2,
    maximumReplicas: 4,
    lagTargetMilliseconds: 5_000,
    resources: { cpuMillis: 100, cpuLimitMillis: 2_000, memoryMebibytes: 384 },
  },
  mlflow: {
    replicas: 1,
    workers: 1,
    resources: { cpuMillis: 100, cpuLimitMillis: 2_000, memoryMebibytes: 1024 },
  },
  training: {
    schedule: '0 3 * * *',
    data: 'synthetic:614:7',
    firstModel: true,
    deadlineSeconds: 1_800,
    resources: { cpuMillis: 300, cpuLimitMillis: 2_000, memoryMebibytes: 1536 },
  },
  batchScoring: {
    model: 'models:/loan-eligibility@champion',
    input: 'synthetic:614:8',
    output: '-',
    resources: { cpuMillis: 100, cpuLimitMillis: 2_000, memoryMebibytes: 1024 },
  },
  monitoring: { kind: 'bundled' },
  rollout: { shadowSamples: 300, canarySamples: 100, intervalSeconds: 5, soakSeconds: 30 },
});

/** The example for EKS: what the settings of `infrastructure/environments.ts` tell before a deploy. */
export const eks = eksEnvironment(SELECTED, expectedOutputs(SELECTED));
