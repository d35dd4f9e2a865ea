import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import { ComponentChart, componentLabels } from './component-chart.ts';
import type { Environment } from './environment.ts';
import { commandProbe, podSpec } from './pod.ts';
import { DATABASE_SECRET, passwordMount } from './secrets.ts';
import { service } from './service.ts';
import { THIRD_PARTY_IMAGES } from './third-party-images.ts';
import { POSTGRES_USER } from './users.ts';
import { claim, emptyDir } from './volume.ts';

/** Name of MLflow's database and of its user. */
export const DATABASE = 'mlflow';

const PASSWORD_FOLDER = '/etc/mlflow-database';

/**
 * Gives the password to the image's own entry point, which uses it once, to make the database. The official image also
 * reads POSTGRES_PASSWORD_FILE; images that were made in its likeness often know only POSTGRES_PASSWORD.
 */
const START = `
POSTGRES_PASSWORD=$(cat ${PASSWORD_FOLDER}/password)
export POSTGRES_PASSWORD
exec docker-entrypoint.sh "$@"
`.trim();

/** MLflow's database on one disk, for kind. On AWS the database is RDS. */
export class PostgresChart extends ComponentChart {
  constructor(scope: Construct, environment: Environment, sizeGibibytes: number) {
    super(scope, 'postgres');
    service(this, 'postgres', { postgres: 5432 });
    const isReady = ['pg_isready', '--host=127.0.0.1', `--username=${DATABASE}`];
    new k8s.KubeStatefulSet(this, 'stateful-set', {
      metadata: { name: 'postgres' },
      spec: {
        serviceName: 'postgres',
        replicas: 1,
        selector: { matchLabels: componentLabels('postgres') },
        template: {
          metadata: { labels: componentLabels('postgres') },
          spec: podSpec({
            user: POSTGRES_USER,
            terminationGracePeriodSeconds: 60,
            containers: [
              {
                name: 'postgres',
                image: THIRD_PARTY_IMAGES.postgres,
                command: ['sh', '-euc', START, 'postgres'],
                args: ['-c', 'listen_addresses=*'],
                environment: {
                  POSTGRES_USER: DATABASE,
                  POSTGRES_DB: DATABASE,
                  // initdb refuses a directory that holds lost+found, as the root of a volume may.
                  PGDATA: '/var/lib/postgresql/data/pgdata',
                },
                ports: { postgres: 5432 },
                mounts: {
                  '/var/lib/postgresql/data': { volume: claim(this, 'postgres', environment, sizeGibibytes) },
                  [PASSWORD_FOLDER]: passwordMount(DATABASE_SECRET),
                  '/var/run/postgresql': { volume: emptyDir('run', 8) },
                  '/tmp': { volume: emptyDir('tmp', 64) },
                },
                // On SIGTERM Postgres waits for MLflow to close its connections. On SIGINT Postgres closes them.
                preStop: ['sh', '-c', 'kill -INT 1'],
                resources: { cpuMillis: 50, cpuLimitMillis: 1_000, memoryMebibytes: 256 },
                startup: commandProbe(isReady, { periodSeconds: 2, failureThreshold: 60 }),
                readiness: commandProbe(isReady, { periodSeconds: 5, failureThreshold: 2 }),
                liveness: commandProbe(isReady, { periodSeconds: 10, failureThreshold: 6 }),
              },
            ],
          }),
        },
      },
    });
  }
}
