import type { Construct } from 'constructs';
import type {
  AwsSdkVariable,
  InferenceVariable,
  StreamVariable,
} from '../services/shared/agreements/environment-variables.ts';
import { HTTP_PATHS, HTTP_PORT } from '../services/shared/agreements/http-paths.ts';
import { SERVING_GROUP } from '../services/shared/agreements/kubernetes-names.ts';
import { namedRole, serviceAccount } from './access.ts';
import { ComponentChart, image } from './component-chart.ts';
import { defined } from './defined.ts';
import { deployment } from './deployment.ts';
import type { Environment } from './environment.ts';
import { streamEnvironment } from './kinesis.ts';
import { MLFLOW_URL } from './mlflow.ts';
import { MODEL } from './model-deployment.ts';
import { signingKeys } from './model-signing.ts';
import { httpProbe, type Variables } from './pod.ts';
import { DRAIN_SECONDS, service } from './service.ts';
import { OWN_USER } from './users.ts';
import { emptyDir } from './volume.ts';

/** Files of versions, so that a rollback needs no MLflow. A directory of its own, because the kubelet measures it. */
const MODEL_CACHE_FOLDER = '/var/cache/models';
/** The kubelet evicts a pod whose directory exceeds its limit, and folders take room too. */
const MODEL_CACHE_SPARE_MEBIBYTES = 16;

/**
 * The scoring service. The chart does not set MODEL_VERSION and MODEL_DIGEST: the operator owns both, and applying the
 * manifests again must not remove them.
 */
export class InferenceChart extends ComponentChart {
  constructor(scope: Construct, environment: Environment) {
    super(scope, 'inference');
    const { inference } = environment;
    const signing = signingKeys(environment);
    serviceAccount(this, 'inference', {
      roleArn: namedRole(environment, 'inference'),
      rules: [
        {
          apiGroups: ['coordination.k8s.io'],
          resources: ['leases'],
          verbs: ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'],
        },
        {
          apiGroups: [SERVING_GROUP],
          resources: ['modeldeployments'],
          resourceNames: [MODEL],
          verbs: ['get', 'list', 'watch'],
        },
      ],
    });
    service(this, 'inference', { http: HTTP_PORT });
    deployment(this, 'inference', {
      user: OWN_USER,
      // KEDA sets the number of replicas if it is there. A number here would undo that at every apply.
      replicas: environment.monitoring.kind === 'operator' ? undefined : inference.minimumReplicas,
      serviceAccount: 'inference',
      apiAccess: true,
      terminationGracePeriodSeconds: 45,
      containers: [
        {
          name: 'inference',
          image: image(environment, 'inference'),
          environment: defined<Variables<InferenceVariable | StreamVariable | AwsSdkVariable>>({
            ...streamEnvironment(environment),
            POD_NAME: { field: 'metadata.name' },
            POD_NAMESPACE: { field: 'metadata.namespace' },
            METRICS_POD_LABEL:
              environment.monitoring.kind === 'bundled' ? { field: 'metadata.name' } : undefined,
            MODEL_NAME: MODEL,
            MODEL_DEPLOYMENT: MODEL,
            MLFLOW_TRACKING_URI: MLFLOW_URL,
            ...signing.environment,
            MODEL_CACHE_DIRECTORY: MODEL_CACHE_FOLDER,
            MODEL_CACHE_MEBIBYTES: String(inference.modelCacheMebibytes),
            DRAIN_SECONDS: String(DRAIN_SECONDS),
            LEASE_STORE: 'kubernetes',
            LEASE_SECONDS: inference.leaseSeconds?.toString(),
            READER: environment.kinesis.reader,
            OUTPUT_AGGREGATION: environment.kinesis.outputAggregation,
            FOREIGN_PARTS: environment.kinesis.foreignParts,
            ON_FAILURE: environment.kinesis.onFailure,
            ON_TRIMMED: environment.kinesis.onTrimmed,
          }),
          ports: { http: HTTP_PORT },
          mounts: {
            '/tmp': { volume: emptyDir('tmp', inference.resources.scratchMebibytes) },
            [MODEL_CACHE_FOLDER]: {
              volume: emptyDir('models', inference.modelCacheMebibytes + MODEL_CACHE_SPARE_MEBIBYTES),
            },
            ...signing.mounts,
          },
          resources: inference.resources,
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
