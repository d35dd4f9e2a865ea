import { CredentialsDirectory } from '../shared/credentials/credentials-directory.ts';
import type { MlflowHttpOptions } from '../shared/mlflow/mlflow-http.ts';

interface Settings {
  readonly MLFLOW_TRACKING_URI?: string | undefined;
  readonly MLFLOW_CREDENTIALS_DIRECTORY?: string | undefined;
}

/** The credentials for an MLflow server. They are for the server MLFLOW_TRACKING_URI, and no other server gets them. */
export function credentialsFor(
  url: string,
  { MLFLOW_TRACKING_URI, MLFLOW_CREDENTIALS_DIRECTORY: path }: Settings,
): Pick<MlflowHttpOptions, 'authorise'> {
  if (path === undefined || MLFLOW_TRACKING_URI === undefined) return {};
  const own = URL.parse(MLFLOW_TRACKING_URI)?.origin;
  if (own === undefined || URL.parse(url)?.origin !== own) return {};
  const directory = new CredentialsDirectory(path);
  return { authorise: () => directory.authorise() };
}
