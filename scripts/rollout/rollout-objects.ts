import type { z } from 'zod';
import type { Deployment } from '../../operators/rollout/cluster/objects.ts';
import type {
  InferenceVariable,
  StreamVariable,
} from '../../services/shared/agreements/environment-variables.ts';
import { HTTP_PORT } from '../../services/shared/agreements/http-paths.ts';
import { CHAMPION_ALIAS, SERVING_GROUP } from '../../services/shared/agreements/kubernetes-names.ts';
import {
  KIND,
  type ModelDeployment,
  VERSION,
} from '../../services/shared/model-deployment/model-deployment.ts';
import type { specSchema } from '../../services/shared/model-deployment/spec.ts';
import type { StreamNames } from '../stack/streams.ts';

/** Name of the Deployment and of its container. */
const TARGET = 'inference';
const REPLICAS = 2;

export interface RolloutAddresses {
  readonly model: string;
  readonly namespace: string;
  readonly mlflowUrl: string;
  readonly kinesisUrl: string;
  readonly streams: StreamNames;
  readonly kubeConfigFile: string;
  /** Variables beside these, for example the credentials of an emulator. */
  readonly environment: Readonly<Record<string, string>>;
}

/** The Deployment as the manifests have it, with a program of this machine in place of an image. */
export function inferenceDeployment(addresses: RolloutAddresses, command: readonly string[]): Deployment {
  const { model, namespace, mlflowUrl, kinesisUrl, streams } = addresses;
  const variables: Partial<Record<InferenceVariable | StreamVariable, string>> = {
    MODEL_NAME: model,
    MODEL_DEPLOYMENT: model,
    MLFLOW_TRACKING_URI: mlflowUrl,
    KINESIS_ENDPOINT: kinesisUrl,
    INPUT_STREAM: streams.input,
    OUTPUT_STREAM: streams.output,
    REJECT_STREAM: streams.rejects,
    START_POSITION: 'TRIM_HORIZON',
    LEASE_STORE: 'kubernetes',
  };
  const field = (name: string, fieldPath: string) => ({ name, valueFrom: { fieldRef: { fieldPath } } });
  const given = { ...addresses.environment, ...variables, KUBECONFIG: addresses.kubeConfigFile };
  const labels = { app: TARGET };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: TARGET, namespace, labels },
    spec: {
      replicas: REPLICAS,
      selector: { matchLabels: labels },
      strategy: { type: 'RollingUpdate', ...{ rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } },
      template: {
        metadata: { labels },
        spec: {
          containers: [
            {
              name: TARGET,
              image: 'this-working-tree',
              command,
              ports: [{ name: 'http', containerPort: HTTP_PORT }],
              env: [
                field('POD_NAME', 'metadata.name'),
                field('POD_NAMESPACE', 'metadata.namespace'),
                ...Object.entries(given).map(([name, value]) => ({ name, value })),
              ],
            },
          ],
        },
      },
    },
  };
}

/** A ModelDeployment whose gates pass within seconds at some hundred records a second. */
export function modelDeployment(
  { model, namespace, mlflowUrl }: RolloutAddresses,
  prometheusUrl: string,
  spec: Partial<z.input<typeof specSchema>> = {},
): ModelDeployment {
  const given: z.input<typeof specSchema> = {
    model,
    registry: { url: mlflowUrl, alias: CHAMPION_ALIAS, pollSeconds: 1 },
    target: { deployment: TARGET, container: TARGET },
    // A laptop that trains another model meanwhile is slow. The demo is not about latency.
    verification: { maxBatchP99Milliseconds: 1_000 },
    // After short searches on small data two good models agree on decisions and less so on probabilities.
    shadow: { minimumSamples: 300, maximumScoreShift: 1 },
    canary: {
      steps: [
        { weightPercent: 10, minimumSamples: 30, minimumDurationSeconds: 5 },
        { weightPercent: 50, minimumSamples: 150, minimumDurationSeconds: 5 },
      ],
    },
    analysis: { prometheus: prometheusUrl, intervalSeconds: 1 },
    soakSeconds: 5,
    ...spec,
  };
  return {
    apiVersion: `${SERVING_GROUP}/${VERSION}`,
    kind: KIND,
    metadata: { name: model, namespace },
    // The API server fills in the defaults.
    spec: given as ModelDeployment['spec'],
  };
}
