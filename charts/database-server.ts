import type { Environment } from './environment.ts';
import type { Mount } from './pod.ts';

/** How a pod reaches Postgres and verifies it. */
export interface DatabaseServer {
  readonly host: string;
  /** Query of a connection URL, with its question mark, or empty. */
  readonly query: string;
  /** What the query's files need, by path. */
  readonly mounts: Readonly<Record<string, Mount>>;
}

/** Folder of the certificate authority that verifies the database server. */
const AUTHORITY = '/etc/database-authority';

export function databaseServer({ database }: Environment): DatabaseServer {
  if (database.kind === 'in-cluster') return { host: 'postgres', query: '', mounts: {} };
  const { host, verification } = database;
  if (verification === 'none') return { host, query: '?sslmode=require', mounts: {} };
  const volume = { name: 'database-authority', configMap: { name: 'mlflow-database-authority' } };
  return {
    host,
    query: `?sslmode=verify-full&sslrootcert=${AUTHORITY}/ca.pem`,
    mounts: { [AUTHORITY]: { volume, readOnly: true } },
  };
}
