import { ApiObject } from 'cdk8s';
import type { Construct } from 'constructs';
import type { z } from 'zod';
import {
  CHAMPION_ALIAS,
  KEY_CONFIG_MAPS,
  SERVING_GROUP,
  SYSTEM_NAME,
} from '../services/shared/agreements/kubernetes-names.ts';
import { KIND, VERSION } from '../services/shared/model-deployment/model-deployment.ts';
import type { specSchema } from '../services/shared/model-deployment/spec.ts';
import { ComponentChart } from './component-chart.ts';
import type { Environment } from './environment.ts';
import { MLFLOW_URL } from './mlflow.ts';
import { operatorPrometheusUrl, workspaceOf } from './scraping.ts';

/** Name of the registered model and of the ModelDeployment that rolls it out. */
export const MODEL = SYSTEM_NAME;

/** Name of the Deployment, and of its container, that the operator pins to a version. */
export const TARGET = 'inference';

/** Names the registry alias to follow, the Deployment to update, and what a candidate must prove. */
export class ModelDeploymentChart extends ComponentChart {
  constructor(scope: Construct, environment: Environment) {
    super(scope, 'model-deployment');
    const { rollout } = environment;
    new ApiObject(this, 'model-deployment', {
      apiVersion: `${SERVING_GROUP}/${VERSION}`,
      kind: KIND,
      metadata: { name: MODEL },
      // What stands here differs from the defaults of the schema, which the API server fills in.
      spec: {
        model: MODEL,
        registry: { url: MLFLOW_URL, alias: CHAMPION_ALIAS },
        target: { deployment: TARGET, container: TARGET },
        ...(environment.modelSignatures === 'required'
          ? { verification: { requireModelSignature: true } }
          : {}),
        ...(environment.approval === undefined
          ? {}
          : { approval: { ...environment.approval, publicKeys: { configMap: KEY_CONFIG_MAPS[0] } } }),
        shadow: { minimumSamples: rollout.shadowSamples },
        canary: {
          steps: [
            { weightPercent: 10, minimumSamples: Math.ceil(rollout.canarySamples / 4) },
            { weightPercent: 50, minimumSamples: rollout.canarySamples },
          ],
        },
        analysis: {
          prometheus: operatorPrometheusUrl(environment),
          ...(workspaceOf(environment) === undefined
            ? {}
            : { credentials: { type: 'sigv4' as const, region: environment.kinesis.region } }),
          intervalSeconds: rollout.intervalSeconds,
        },
        soakSeconds: rollout.soakSeconds,
      } satisfies z.input<typeof specSchema>,
    });
  }
}
