import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import { ComponentChart, componentLabels } from './component-chart.ts';
import { databaseServer } from './database-server.ts';
import type { Environment } from './environment.ts';
import { writePasswordFile } from './password-file.ts';
import { type Mount, podSpec } from './pod.ts';
import { DATABASE } from './postgres.ts';
import { DATABASE_SECRET, passwordMount, SEARCH_SECRET } from './secrets.ts';
import { THIRD_PARTY_IMAGES } from './third-party-images.ts';
import { POSTGRES_USER } from './users.ts';
import { memoryDir } from './volume.ts';

/** Name of the database of Optuna's studies and of the user that owns it. */
const SEARCH_DATABASE = 'optuna';
const PASSWORD_FOLDER = '/etc/search-database';
const OWNER_FOLDER = '/etc/mlflow-database';

export interface SearchStorage {
  readonly url: string;
  readonly passwordFile: string;
  readonly mounts: Readonly<Record<string, Mount>>;
}

/** Where the pods of a search keep their study. The password is in a file, so that no listing of variables shows it. */
export function searchStorage(environment: Environment): SearchStorage {
  const { host, query, mounts } = databaseServer(environment);
  return {
    url: `postgresql+psycopg2://${SEARCH_DATABASE}@${host}:5432/${SEARCH_DATABASE}${query}`,
    passwordFile: `${PASSWORD_FOLDER}/password`,
    mounts: { ...mounts, [PASSWORD_FOLDER]: passwordMount(SEARCH_SECRET) },
  };
}

/**
 * A Job that makes the database and its user in the Postgres of the cluster, as often as it runs. The user may use that
 * database alone: whoever steals the training job's password reads no registry of models.
 */
export class SearchDatabaseChart extends ComponentChart {
  constructor(scope: Construct) {
    super(scope, 'search-database');
    new k8s.KubeJob(this, 'job', {
      metadata: { name: 'search-database' },
      spec: {
        backoffLimit: 10,
        activeDeadlineSeconds: 3_600,
        template: {
          metadata: { labels: componentLabels('search-database') },
          spec: podSpec({
            user: POSTGRES_USER,
            restartPolicy: 'OnFailure',
            containers: [
              {
                name: 'search-database',
                image: THIRD_PARTY_IMAGES.postgres,
                command: ['sh', '-euc', SCRIPT],
                mounts: {
                  [OWNER_FOLDER]: passwordMount(DATABASE_SECRET),
                  [PASSWORD_FOLDER]: passwordMount(SEARCH_SECRET),
                  '/tmp': { volume: memoryDir('tmp', 4) },
                },
                resources: { cpuMillis: 10, cpuLimitMillis: 500, memoryMebibytes: 64 },
              },
            ],
          }),
        },
      },
    });
  }
}

const SQL = `
\\set password \`cat ${PASSWORD_FOLDER}/password\`
SELECT 'CREATE ROLE ${SEARCH_DATABASE}' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '${SEARCH_DATABASE}') \\gexec
ALTER ROLE ${SEARCH_DATABASE} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'password';
SELECT 'CREATE DATABASE ${SEARCH_DATABASE} OWNER ${SEARCH_DATABASE}' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = '${SEARCH_DATABASE}') \\gexec
REVOKE ALL ON DATABASE ${SEARCH_DATABASE}, ${DATABASE}, postgres, template1 FROM PUBLIC;
`.trim();

const SCRIPT = `
${writePasswordFile(`${OWNER_FOLDER}/password`, '/tmp/pgpass')}
export PGPASSFILE=/tmp/pgpass PGCONNECT_TIMEOUT=10
psql --host=postgres --username=${DATABASE} --dbname=${DATABASE} --no-password --no-psqlrc --set=ON_ERROR_STOP=1 <<'SQL'
${SQL}
SQL
`.trim();
