import { mkdirSync } from 'node:fs';
import { freePort } from './free-port.ts';
import { answers, ManagedProcess } from './managed-process.ts';
import { trainingBin } from './paths.ts';

export interface MlflowOptions {
  /** Directory for database, artifacts and log, created if missing. A restart with the same directory keeps them. */
  readonly directory: string;
  /** @default a free port */
  readonly port?: number;
  /** Where the files of models are kept, for example `s3://bucket/prefix`. @default below `directory` */
  readonly artifacts?: string;
  /** Added to the environment of the server, for example MLFLOW_WEBHOOK_CACHE_TTL. */
  readonly environment?: Readonly<Record<string, string>>;
}

export interface Mlflow extends AsyncDisposable {
  /** For example `http://127.0.0.1:40123`. */
  readonly url: string;
  readonly port: number;
  stop(): Promise<void>;
}

/** Starts a real MLflow server on loopback: tracking, registry on SQLite, and proxied artifacts. */
export async function startMlflow(options: MlflowOptions): Promise<Mlflow> {
  const port = options.port ?? (await freePort());
  const url = `http://127.0.0.1:${port}`;
  mkdirSync(`${options.directory}/metrics`, { recursive: true });
  const server = new ManagedProcess({
    name: 'MLflow',
    command: `${trainingBin}/mlflow`,
    arguments: [
      'server',
      '--host=127.0.0.1',
      `--port=${port}`,
      `--backend-store-uri=sqlite:///${options.directory}/mlflow.db`,
      `--artifacts-destination=${options.artifacts ?? `${options.directory}/artifacts`}`,
      '--workers=1',
      `--expose-prometheus=${options.directory}/metrics`,
    ],
    environment: {
      MLFLOW_DISABLE_TELEMETRY: 'true',
      MLFLOW_SERVER_ENABLE_JOB_EXECUTION: 'false',
      PATH: `${trainingBin}:${process.env.PATH}`,
      ...options.environment,
    },
    logFile: `${options.directory}/mlflow.log`,
    workingDirectory: options.directory,
  });
  try {
    await server.waitUntil('ready', 240_000, () => answers(`${url}/api/3.0/mlflow/server-info`));
  } catch (error) {
    await server.stop();
    throw error;
  }
  const stop = () => server.stop();
  return { url, port, stop, [Symbol.asyncDispose]: stop };
}
