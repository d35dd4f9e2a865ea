import type { AwsEnvironment } from '../infrastructure/environment-schema.ts';
import { domain, usesOf } from '../infrastructure/names.ts';
import type { Outputs } from '../infrastructure/outputs.ts';
import { PREFIXES } from '../infrastructure/permissions.ts';
import { defineEnvironment, type Environment } from './environment.ts';
import { IMAGE_TAG } from './image-tag.ts';

/** Where add-ons of the cluster are, unless the stacks tell something else. */
const PROMETHEUS = { url: 'http://prometheus-operated.monitoring:9090', namespace: 'monitoring' };

/** Address of NodeLocal DNSCache, if the cluster has it. */
const NODE_LOCAL_DNS = '169.254.20.10/32';

/** The environment of EKS: AWS values come from the outputs of the stacks, everything else is here. */
export function eksEnvironment(aws: AwsEnvironment, outputs: Outputs): Environment {
  const { data, network } = outputs;
  const objects = (prefix: string) => `s3://${data.Bucket}/${prefix}`;
  const replicas = Math.min(data.InputShards, 500);
  return defineEnvironment({
    name: 'eks',
    images: { prefix: data.Registry, tag: IMAGE_TAG },
    podNetwork: network.Network,
    dnsNetworks: [NODE_LOCAL_DNS, ...dnsServers(aws, outputs)],
    apiServerPort: 443,
    storageClass: 'gp3',
    database: {
      kind: 'external',
      host: data.DatabaseHost,
      network: data.DatabaseNetwork,
      ...(data.DatabaseSecret !== undefined && usesOf(aws).includes('external-secrets')
        ? { secret: data.DatabaseSecret }
        : {}),
    },
    artifacts: { kind: 's3', root: objects(PREFIXES.models) },
    kinesis: {
      region: aws.region,
      emulator: false,
      streams: { input: data.InputStream, output: data.OutputStream, rejects: data.RejectStream },
      shards: replicas,
      ...optionalUses(aws, objects(PREFIXES.payloads)),
    },
    identity: identityOf(outputs),
    inference: {
      minimumReplicas: Math.min(2, replicas),
      maximumReplicas: replicas,
      lagTargetMilliseconds: 5_000,
      resources: { cpuMillis: hasSmallNodes(aws) ? 250 : 1_000, cpuLimitMillis: 2_000, memoryMebibytes: 768 },
    },
    mlflow: {
      replicas: 2,
      workers: 2,
      resources: { cpuMillis: hasSmallNodes(aws) ? 200 : 500, cpuLimitMillis: 2_000, memoryMebibytes: 1536 },
    },
    training: {
      schedule: '0 3 * * *',
      data: objects(`${PREFIXES.training}/applications.csv`),
      firstModel: false,
      deadlineSeconds: 7_200,
      resources: hasSmallNodes(aws)
        ? { cpuMillis: 750, cpuLimitMillis: 2_000, memoryMebibytes: 3072 }
        : { cpuMillis: 2_000, cpuLimitMillis: 4_000, memoryMebibytes: 4096 },
    },
    batchScoring: {
      model: 'models:/loan-eligibility@champion',
      input: objects(`${PREFIXES.scoringInput}/applications.csv`),
      output: objects(`${PREFIXES.scoringOutput}/decisions.csv`),
      resources: {
        cpuMillis: hasSmallNodes(aws) ? 500 : 1_000,
        cpuLimitMillis: 2_000,
        memoryMebibytes: 2048,
      },
    },
    monitoring: { kind: 'operator', ...PROMETHEUS, ...workspaceOf(aws) },
    rollout: { shadowSamples: 1_000, canarySamples: 500, intervalSeconds: 15, soakSeconds: 600 },
    audit: {
      ...(aws.access.recordRollouts ? { bucket: data.AuditBucket } : {}),
      ...(aws.access.auditStream === undefined ? {} : { stream: aws.access.auditStream }),
    },
  });
}

/** What stands for the default is left out, so that the manifests do not repeat it. */
function optionalUses({ access }: AwsEnvironment, payloads: string): Partial<Environment['kinesis']> {
  return {
    ...(access.reader === 'polling' ? {} : { reader: access.reader }),
    ...(access.outputAggregation === 'none' ? {} : { outputAggregation: access.outputAggregation }),
    ...(access.keepPayloads ? { onFailure: payloads } : {}),
  };
}

/** Nodes of two cores. What runs on each node leaves them about one and a half. */
function hasSmallNodes({ cluster }: AwsEnvironment): boolean {
  return (
    cluster.kind === 'new' &&
    cluster.nodes.kind === 'managed' &&
    cluster.nodes.instanceType.endsWith('.large')
  );
}

/** EKS Auto Mode answers DNS on the node, and has no pods that a NetworkPolicy could name. */
function dnsServers({ cluster }: AwsEnvironment, outputs: Outputs): string[] {
  const isAuto = cluster.kind === 'new' && cluster.nodes.kind === 'auto';
  const { DnsServer } = outputs.cluster;
  return isAuto && DnsServer !== undefined ? [`${DnsServer}/32`] : [];
}

/** arn:aws:aps:REGION:ACCOUNT:workspace/ID as the URL that takes queries. */
function workspaceOf(aws: AwsEnvironment): { readonly workspace?: string } {
  const { metricsWorkspace } = aws.access;
  if (metricsWorkspace === undefined) return {};
  const id = metricsWorkspace.slice(metricsWorkspace.lastIndexOf('/') + 1);
  return { workspace: `https://aps-workspaces.${aws.region}.${domain(aws)}/workspaces/${id}` };
}

function identityOf({ cluster, access }: Outputs): Environment['identity'] {
  if (cluster.Identity === 'pod-identity') return { kind: 'pod-identity' };
  return {
    kind: 'irsa',
    roles: {
      inference: access.InferenceRole,
      mlflow: access.MlflowRole,
      training: access.TrainingRole,
      batchScoring: access.BatchScoringRole,
      ...(access.RolloutRole === undefined ? {} : { rollout: access.RolloutRole }),
    },
  };
}
