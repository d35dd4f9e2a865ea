import type { Construct } from 'constructs';
import type { InferenceVariable } from '../services/shared/agreements/environment-variables.ts';
import { HTTP_PATHS, HTTP_PORT } from '../services/shared/agreements/http-paths.ts';
import { ISOLATED_CANARY, VERIFICATION_ACCOUNT } from '../services/shared/agreements/kubernetes-names.ts';
import { ComponentChart, image } from './component-chart.ts';
import { deployment } from './deployment.ts';
import type { Environment } from './environment.ts';
import { MLFLOW_URL } from './mlflow.ts';
import { MODEL, TARGET } from './model-deployment.ts';
import { signingKeys } from './model-signing.ts';
import { httpProbe, type Variables } from './pod.ts';
import { DRAIN_SECONDS, service } from './service.ts';
import { OWN_USER } from './users.ts';
import { emptyDir } from './volume.ts';

/**
 * Pods that score the keys of a candidate for the pods of the target, if `canary.isolated` asks for it. They read no
 * stream and have no rights. The operator sets their number and their version, so there are none here.
 */
export class IsolatedCanaryChart extends ComponentChart {
  constructor(scope: Construct, environment: Environment) {
    super(scope, ISOLATED_CANARY);
    const { resources } = environment.inference;
    const signing = signingKeys(environment);
    service(this, ISOLATED_CANARY, { http: HTTP_PORT });
    deployment(this, ISOLATED_CANARY, {
      user: OWN_USER,
      replicas: 0,
      serviceAccount: VERIFICATION_ACCOUNT,
      containers: [
        {
          name: TARGET,
          image: image(environment, 'inference'),
          environment: {
            MODEL_NAME: MODEL,
            MLFLOW_TRACKING_URI: MLFLOW_URL,
            ...signing.environment,
            DRAIN_SECONDS: String(DRAIN_SECONDS),
          } satisfies Variables<InferenceVariable>,
          ports: { http: HTTP_PORT },
          mounts: { '/tmp': { volume: emptyDir('tmp', resources.scratchMebibytes) }, ...signing.mounts },
          resources,
          startup: httpProbe(HTTP_PATHS.live, 'http', { periodSeconds: 1, failureThreshold: 60 }),
          readiness: httpProbe(HTTP_PATHS.ready, 'http', { periodSeconds: 2, failureThreshold: 2 }),
          liveness: httpProbe(HTTP_PATHS.live, 'http', {
            periodSeconds: 10,
            failureThreshold: 3,
            timeoutSeconds: 5,
          }),
        },
      ],
    });
  }
}
