import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import type { RolloutVariable } from '../services/shared/agreements/environment-variables.ts';
import { HTTP_PATHS, HTTP_PORT } from '../services/shared/agreements/http-paths.ts';
import {
  CREDENTIAL_SECRETS,
  ISOLATED_CANARY,
  KEY_CONFIG_MAPS,
  LEADER_LEASE,
  NOTIFICATION_SECRETS,
  SERVING_GROUP,
  VERIFICATION_ACCOUNT,
  WAKE_CONFIG_MAP,
} from '../services/shared/agreements/kubernetes-names.ts';
import { namedRole, serviceAccount } from './access.ts';
import { ComponentChart, image, NAMESPACE } from './component-chart.ts';
import { deployment } from './deployment.ts';
import type { Environment } from './environment.ts';
import { MLFLOW_URL } from './mlflow.ts';
import { TARGET } from './model-deployment.ts';
import { httpProbe, type Variables } from './pod.ts';
import { operatorPrometheusUrl } from './scraping.ts';
import { WEBHOOK_SECRET } from './secrets.ts';
import { DRAIN_SECONDS, service } from './service.ts';
import { OWN_USER } from './users.ts';
import { emptyDir, secretVolume } from './volume.ts';

const WEBHOOK_DIRECTORY = '/etc/rollout/webhook';

/** The operator: one of its two replicas leads, the other replica is ready to take over. */
export class RolloutChart extends ComponentChart {
  constructor(scope: Construct, environment: Environment) {
    super(scope, 'rollout');
    const { notificationHosts } = environment;
    serviceAccount(this, 'rollout', {
      roleArn: namedRole(environment, 'rollout'),
      rules: [
        {
          apiGroups: [SERVING_GROUP],
          resources: ['modeldeployments'],
          verbs: ['get', 'list', 'watch', 'patch'],
        },
        {
          apiGroups: [SERVING_GROUP],
          resources: ['modeldeployments/status'],
          verbs: ['update'],
        },
        { apiGroups: ['apps'], resources: ['deployments'], verbs: ['list', 'watch'] },
        {
          apiGroups: ['apps'],
          resources: ['deployments'],
          resourceNames: [TARGET, ISOLATED_CANARY],
          verbs: ['patch'],
        },
        { apiGroups: ['batch'], resources: ['jobs'], verbs: ['list', 'watch', 'create', 'delete'] },
        { apiGroups: [''], resources: ['pods'], verbs: ['list'] },
        { apiGroups: [''], resources: ['namespaces'], resourceNames: [NAMESPACE], verbs: ['get'] },
        {
          apiGroups: [''],
          resources: ['configmaps'],
          resourceNames: [WAKE_CONFIG_MAP],
          verbs: ['list', 'watch', 'patch'],
        },
        { apiGroups: [''], resources: ['configmaps'], resourceNames: [...KEY_CONFIG_MAPS], verbs: ['get'] },
        {
          apiGroups: [''],
          resources: ['secrets'],
          resourceNames: [...CREDENTIAL_SECRETS, ...NOTIFICATION_SECRETS],
          verbs: ['get'],
        },
        { apiGroups: [''], resources: ['events'], verbs: ['get', 'create', 'patch'] },
        { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['create'] },
        {
          apiGroups: ['coordination.k8s.io'],
          resources: ['leases'],
          resourceNames: [LEADER_LEASE],
          verbs: ['get', 'update'],
        },
      ],
    });
    // It has no data here, so that applying the manifests again removes no token.
    new k8s.KubeConfigMap(this, 'wake', { metadata: { name: WAKE_CONFIG_MAP } });
    serviceAccount(new Construct(this, 'verification'), VERIFICATION_ACCOUNT);
    service(this, 'rollout', { http: HTTP_PORT });
    deployment(this, 'rollout', {
      user: OWN_USER,
      replicas: 2,
      serviceAccount: 'rollout',
      apiAccess: true,
      containers: [
        {
          name: 'rollout',
          image: image(environment, 'operator'),
          environment: {
            POD_NAME: { field: 'metadata.name' },
            POD_NAMESPACE: { field: 'metadata.namespace' },
            DRAIN_SECONDS: String(DRAIN_SECONDS),
            LEADER_LEASE,
            VERIFICATION_COMMAND: 'node,verify.mjs',
            WEBHOOK_URL: `http://rollout.${NAMESPACE}.svc:${HTTP_PORT}${HTTP_PATHS.mlflowWebhook}`,
            MLFLOW_TRACKING_URI: MLFLOW_URL,
            PROMETHEUS_URL: operatorPrometheusUrl(environment),
            ...auditVariables(environment),
            ...(notificationHosts.length === 0 ? {} : { NOTIFICATION_HOSTS: notificationHosts.join(',') }),
            WEBHOOK_SECRET_FILE: `${WEBHOOK_DIRECTORY}/signing-secret`,
          } satisfies Variables<RolloutVariable>,
          ports: { http: HTTP_PORT },
          mounts: {
            '/tmp': { volume: emptyDir('tmp', 64) },
            [WEBHOOK_DIRECTORY]: {
              volume: secretVolume('webhook', WEBHOOK_SECRET, ['signing-secret']),
              readOnly: true,
            },
          },
          resources: { cpuMillis: 50, cpuLimitMillis: 1_000, memoryMebibytes: 256 },
          startup: httpProbe(HTTP_PATHS.live, 'http', { periodSeconds: 1, failureThreshold: 60 }),
          readiness: httpProbe(HTTP_PATHS.ready, 'http', { periodSeconds: 5, failureThreshold: 2 }),
          liveness: httpProbe(HTTP_PATHS.live, 'http', { periodSeconds: 10, failureThreshold: 3 }),
        },
      ],
    });
  }
}

function auditVariables({ audit, kinesis }: Environment): Partial<Variables<RolloutVariable>> {
  const { bucket, stream } = audit;
  if (bucket === undefined && stream === undefined) return {};
  return {
    AWS_REGION: kinesis.region,
    ...(bucket === undefined ? {} : { AUDIT_BUCKET: bucket }),
    ...(stream === undefined ? {} : { AUDIT_STREAM: stream }),
  };
}
