import { z } from 'zod';

const source = z.enum(['helm', 'own']);

/** What the cluster needs beside EKS. */
export const addOnsSettings = z
  .strictObject({
    keda: source.default('helm').describe('`helm` installs KEDA. `own`: the cluster has it.'),
    prometheus: z
      .enum(['helm', 'managed', 'own'])
      .default('helm')
      .describe(
        '`helm` installs the Prometheus operator and Grafana. `managed`: Amazon keeps the metrics and draws them (AMP, AMG).',
      ),
    externalSecrets: source.default('helm').describe('`helm` installs External Secrets.'),
    loadBalancerController: source
      .default('own')
      .describe('`helm` installs the AWS Load Balancer controller.'),
    replicas: z.int().min(1).max(3).default(2).describe('Pods of each. Two survive the loss of a node.'),
    metricsDays: z.int().min(1).max(365).default(15).describe('How long Prometheus keeps metrics, in days.'),
    metricsGibibytes: z
      .int()
      .min(5)
      .max(16_384)
      .default(50)
      .describe('Size of the disk of a Prometheus pod, in GiB.'),
  })
  .describe('Software in the cluster that is not ours.');
