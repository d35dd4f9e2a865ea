import { readFileSync, statSync } from 'node:fs';
import type { Authorisation } from '../../services/shared/credentials/authorisation.ts';
import {
  authorizationHeader,
  CredentialsError,
  certificateAuthority,
} from '../../services/shared/credentials/credential-values.ts';
import { CredentialsDirectory } from '../../services/shared/credentials/credentials-directory.ts';
import { PrivateAuthorities } from '../../services/shared/credentials/private-authorities.ts';
import type { Environment } from '../command-line/run-tool.ts';
import { UsageError } from '../command-line/usage-error.ts';

/**
 * Credentials for MLflow: the files of a directory, or else the variables that MLflow's own client reads. No option
 * takes a secret, because every user of a machine sees the options of a process.
 * @throws UsageError if the directory is not there
 */
export function mlflowCredentials(
  directory: string | undefined,
  environment: Environment,
): () => Authorisation {
  const path = directory ?? (environment.MLFLOW_CREDENTIALS_DIRECTORY || undefined);
  if (path !== undefined) {
    if (!statSync(path, { throwIfNoEntry: false })?.isDirectory())
      throw new UsageError(`--credentials ${path}: there is no such directory with credentials of MLflow`);
    const files = new CredentialsDirectory(path);
    return () => files.authorise();
  }
  const authorities = new PrivateAuthorities();
  return () => ({
    headers: headersOf(environment),
    dispatcher: authorities.connections(authorityOf(environment.MLFLOW_TRACKING_SERVER_CERT_PATH)),
  });
}

/** A user name wins over a token, as in MLflow's own client. */
function headersOf(environment: Environment): Readonly<Record<string, string>> {
  const { MLFLOW_TRACKING_USERNAME: username, MLFLOW_TRACKING_PASSWORD: password } = environment;
  const token = environment.MLFLOW_TRACKING_TOKEN;
  if (username && password) return { authorization: authorizationHeader('basic', { username, password }) };
  if (username || password)
    throw new CredentialsError('set both MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD');
  return token ? { authorization: authorizationHeader('bearer', { token }) } : {};
}

function authorityOf(path: string | undefined): string | undefined {
  if (!path) return undefined;
  try {
    return certificateAuthority({ 'ca.crt': readFileSync(path, 'utf8') });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new CredentialsError(`MLFLOW_TRACKING_SERVER_CERT_PATH ${path}: ${code ?? message}`);
  }
}
