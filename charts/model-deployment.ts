import { ApiObject } from 'cdk8s';
import type { Construct } from 'constructs';
import { SERVING_GROUP, SYSTEM_NAME } from '../services/shared/agreements/kubernetes-names.ts';
import { KIND, VERSION } from '../services/shared/model-deployment/model-deployment.ts';
import { ComponentChart } from './component-chart.ts';
import type { Environment } from './environments.ts';
import { MLFLOW_URL } from './mlflow.ts';
import { prometheusUrl } from './scraping.ts';

/** The registered model, and the ModelDeployment that rolls it out. */
export const MODEL = SYSTEM_NAME;

/** The Deployment, and its container, that the operator pins. */
export const TARGET = 'inference';

/** Which registry alias is rolled out where, and what a candidate must show on the way. */
export class ModelDeploymentChart extends ComponentChart {
  constructor(scope: Construct, environment: Environment) {
    super(scope, 'model-deployment');
    const { rollout } = environment;
    new ApiObject(this, 'model-deployment', {
      apiVersion: `${SERVING_GROUP}/${VERSION}`,
      kind: KIND,
      metadata: { name: MODEL },
      spec: {
        model: MODEL,
        registry: { url: MLFLOW_URL, alias: 'champion', pollSeconds: 10, onAliasDeleted: 'KeepServing' },
        target: { deployment: TARGET, container: TARGET },
        verification: { deadlineSeconds: 300, maxBatchP99Milliseconds: 50 },
        shadow: {
          minimumSamples: rollout.shadowSamples,
          minimumAgreement: 0.9,
          maximumScoreShift: 0.25,
          maximumApprovalRatioChange: 0.2,
          deadlineSeconds: 1800,
        },
        canary: {
          steps: [
            { weightPercent: 10, minimumSamples: Math.ceil(rollout.canarySamples / 4) },
            { weightPercent: 50, minimumSamples: rollout.canarySamples },
          ],
          stepDeadlineSeconds: 1800,
        },
        analysis: {
          prometheus: prometheusUrl(environment),
          intervalSeconds: rollout.intervalSeconds,
          failureLimit: 1,
        },
        soakSeconds: rollout.soakSeconds,
      },
    });
  }
}
