import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import { serviceAccount } from './access.ts';
import { ComponentChart, componentLabels, image } from './component-chart.ts';
import type { Environment } from './environment.ts';
import { type Mount, podSpec } from './pod.ts';
import { OWN_USER } from './users.ts';
import { secretVolume } from './volume.ts';

export const DATABASE_SECRET = 'mlflow-database';
export const SEARCH_SECRET = 'search-database';
export const WEBHOOK_SECRET = 'mlflow-webhook';
export const GRAFANA_SECRET = 'grafana';

/** A Job that generates each Secret that does not exist yet. A pod that needs a Secret waits for it. */
export class SecretsChart extends ComponentChart {
  constructor(scope: Construct, environment: Environment) {
    super(scope, 'secrets');
    serviceAccount(this, 'secrets', {
      rules: [{ apiGroups: [''], resources: ['secrets'], verbs: ['create'] }],
    });
    const generated = [
      `${WEBHOOK_SECRET}/encryption-key:fernet`,
      `${WEBHOOK_SECRET}/signing-secret:hex`,
      ...(environment.database.kind === 'in-cluster' ? [`${DATABASE_SECRET}/password:hex`] : []),
      ...(hasSearchDatabase(environment) ? [`${SEARCH_SECRET}/password:hex`] : []),
      ...(environment.monitoring.kind === 'bundled' ? [`${GRAFANA_SECRET}/admin-password:hex`] : []),
    ];
    new k8s.KubeJob(this, 'job', {
      metadata: { name: 'secrets' },
      spec: {
        backoffLimit: 10,
        template: {
          metadata: { labels: componentLabels('secrets') },
          spec: podSpec({
            user: OWN_USER,
            serviceAccount: 'secrets',
            apiAccess: true,
            restartPolicy: 'OnFailure',
            containers: [
              {
                name: 'secrets',
                image: image(environment, 'tools'),
                command: ['node', 'secrets.mjs', ...generated],
                environment: { POD_NAMESPACE: { field: 'metadata.namespace' } },
                resources: { cpuMillis: 10, cpuLimitMillis: 1_000, memoryMebibytes: 128 },
              },
            ],
          }),
        },
      },
    });
  }
}

/** The key `password` of a Secret, as a file in a folder. */
export function passwordMount(secret: string): Mount {
  return { volume: secretVolume(secret, secret, ['password']), readOnly: true };
}

/** Whether the manifests make the database of a search by many pods. An external server gets it from its owner. */
export function hasSearchDatabase({ database, training }: Environment): boolean {
  return database.kind === 'in-cluster' && training.searchPods > 1;
}
