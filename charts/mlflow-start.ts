import type { DatabaseServer } from './database-server.ts';
import { writePasswordFile } from './password-file.ts';
import type { EnvironmentValue, Mount } from './pod.ts';
import { DATABASE } from './postgres.ts';
import { DATABASE_SECRET, passwordMount, WEBHOOK_SECRET } from './secrets.ts';
import { memoryDir, secretVolume } from './volume.ts';

const DATABASE_FOLDER = '/etc/mlflow-database';
const WEBHOOK_FOLDER = '/etc/mlflow-webhook';
const CREDENTIALS = '/run/credentials';

/** MLflow reads the key of its webhooks from its environment alone, so only its own process gets the variable. */
const SCRIPT = `
${writePasswordFile('$DATABASE_PASSWORD_FILE', '$PGPASSFILE')}
if [ -n "\${WEBHOOK_KEY_FILE:-}" ]; then
  MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY=$(cat "$WEBHOOK_KEY_FILE")
  export MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY
fi
exec mlflow "$@"
`.trim();

/** Runs `mlflow` with the arguments of the container. */
export const MLFLOW_COMMAND: readonly string[] = ['sh', '-euc', SCRIPT, 'mlflow'];

export interface StartOptions {
  readonly environment: Readonly<Record<string, EnvironmentValue>>;
  readonly mounts: Readonly<Record<string, Mount>>;
}

/** What {@link MLFLOW_COMMAND} needs to reach the database. The URI holds no password. */
export function databaseAccess({ host, query, mounts }: DatabaseServer): StartOptions {
  return {
    environment: {
      DATABASE_PASSWORD_FILE: `${DATABASE_FOLDER}/password`,
      PGPASSFILE: `${CREDENTIALS}/pgpass`,
      MLFLOW_BACKEND_STORE_URI: `postgresql+psycopg2://${DATABASE}@${host}:5432/${DATABASE}${query}`,
    },
    mounts: {
      ...mounts,
      [DATABASE_FOLDER]: passwordMount(DATABASE_SECRET),
      [CREDENTIALS]: { volume: memoryDir('credentials', 1) },
    },
  };
}

/** What {@link MLFLOW_COMMAND} needs to encrypt the secrets of webhooks in the database. */
export function webhookKey(): StartOptions {
  return {
    environment: { WEBHOOK_KEY_FILE: `${WEBHOOK_FOLDER}/encryption-key` },
    mounts: {
      [WEBHOOK_FOLDER]: {
        volume: secretVolume(WEBHOOK_SECRET, WEBHOOK_SECRET, ['encryption-key']),
        readOnly: true,
      },
    },
  };
}
