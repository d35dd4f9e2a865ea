import type { Construct } from 'constructs';
import { namedRole, serviceAccount } from './access.ts';
import { pythonRegion } from './aws-region.ts';
import { ComponentChart, image, NAMESPACE } from './component-chart.ts';
import { databaseServer } from './database-server.ts';
import { deployment } from './deployment.ts';
import type { Environment } from './environment.ts';
import { databaseAccess, MLFLOW_COMMAND, webhookKey } from './mlflow-start.ts';
import { type ContainerOptions, type EnvironmentValue, httpProbe, type Mount } from './pod.ts';
import { service } from './service.ts';
import { OWN_USER } from './users.ts';
import { claim, emptyDir } from './volume.ts';

export const MLFLOW_URL = 'http://mlflow:5000';

/** The tracking server and model registry. All artifacts pass through its proxy. */
export class MlflowChart extends ComponentChart {
  constructor(scope: Construct, environment: Environment) {
    super(scope, 'mlflow');
    const { artifacts, mlflow } = environment;
    serviceAccount(this, 'mlflow', { roleArn: namedRole(environment, 'mlflow') });
    service(this, 'mlflow', { http: 5000 });

    const database = databaseAccess(databaseServer(environment));
    const webhook = webhookKey();
    const mounts: Record<string, Mount> = {
      '/tmp': { volume: emptyDir('tmp', mlflow.resources.scratchMebibytes) },
    };
    if (artifacts.kind === 'volume')
      mounts['/artifacts'] = {
        volume: claim(this, 'mlflow-artifacts', environment, artifacts.sizeGibibytes),
      };
    Object.assign(mounts, database.mounts);
    const server: ContainerOptions = {
      name: 'mlflow',
      image: image(environment, 'mlflow'),
      command: MLFLOW_COMMAND,
      environment: { ...database.environment, ...webhook.environment, ...serverEnvironment(environment) },
      args: [
        'server',
        '--host=0.0.0.0',
        '--port=5000',
        `--workers=${mlflow.workers}`,
        `--artifacts-destination=${artifacts.kind === 'volume' ? '/artifacts' : artifacts.root}`,
        '--expose-prometheus=/tmp/metrics',
      ],
      ports: { http: 5000 },
      mounts: { ...mounts, ...webhook.mounts },
      resources: mlflow.resources,
      // This path opens the database, which /health does not: a wrong password or an outdated schema fails here.
      startup: httpProbe(SERVER_INFO, 'http', { periodSeconds: 5, failureThreshold: 60, timeoutSeconds: 10 }),
      readiness: httpProbe(SERVER_INFO, 'http', {
        periodSeconds: 10,
        failureThreshold: 3,
        timeoutSeconds: 10,
      }),
      liveness: httpProbe('/health', 'http', { periodSeconds: 10, failureThreshold: 6, timeoutSeconds: 10 }),
    };
    deployment(this, 'mlflow', {
      user: OWN_USER,
      replicas: mlflow.replicas,
      serviceAccount: 'mlflow',
      ...(artifacts.kind === 'volume' ? { strategy: 'Recreate' as const } : {}),
      initContainers: [
        {
          name: 'migrate',
          image: server.image,
          command: MLFLOW_COMMAND,
          environment: database.environment,
          args: ['db', 'upgrade', '$(MLFLOW_BACKEND_STORE_URI)'],
          mounts,
          resources: mlflow.resources,
        },
      ],
      containers: [server],
    });
  }
}

const SERVER_INFO = '/api/3.0/mlflow/server-info';

function serverEnvironment(environment: Environment): Record<string, EnvironmentValue> {
  const hosts = ['mlflow', `mlflow.${NAMESPACE}`, `mlflow.${NAMESPACE}.svc`, 'localhost', '127.0.0.1'];
  return {
    MLFLOW_SERVER_ALLOWED_HOSTS: [...hosts.map((host) => `${host}:*`), podAddresses(environment)].join(','),
    MLFLOW_SERVER_ENABLE_JOB_EXECUTION: 'false',
    MLFLOW_DISABLE_TELEMETRY: 'true',
    // The operator has a private address. The NetworkPolicies decide which hosts MLflow may call.
    MLFLOW_WEBHOOK_ALLOWED_SCHEMES: 'http,https',
    MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS: 'true',
    MLFLOW_WEBHOOK_CACHE_TTL: '1',
    ...pythonRegion(environment),
  };
}

/** The pod network as a pattern over host headers, truncated at a whole byte: `10.244.0.0/16` gives `10.244.*`. */
function podAddresses({ podNetwork }: Environment): string {
  const [address = '', bits] = podNetwork.split('/');
  return `${address
    .split('.')
    .slice(0, Math.floor(Number(bits) / 8))
    .join('.')}.*`;
}
