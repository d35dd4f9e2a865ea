import { z } from 'zod';

const source = z.enum(['helm', 'own']);

/** What the cluster needs beside EKS. */
export const addOnsSettings = z
  .strictObject({
    keda: source.default('helm').describe('`helm` installs KEDA. `own`: the cluster has it.'),
    prometheus: z
      .enum(['helm', 'managed', 'own'])
      .default('helm')
      .describe('`helm` installs the Prometheus operator and Grafana. `managed`: AMP and AMG.'),
    externalSecrets: source.default('helm').describe('`helm` installs External Secrets.'),
    loadBalancerController: source
      .default('own')
      .describe('`helm` installs the AWS Load Balancer controller.'),
  })
  .describe('Software in the cluster that is not ours.');
