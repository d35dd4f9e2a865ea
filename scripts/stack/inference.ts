import { CHAMPION_ALIAS } from '../../services/shared/agreements/kubernetes-names.ts';
import { freePort } from './free-port.ts';
import { emulatorCredentials } from './kinesis-endpoint.ts';
import { answers, ManagedProcess } from './managed-process.ts';
import { repositoryRoot } from './paths.ts';
import type { StreamNames } from './streams.ts';

export interface InferenceOptions {
  /** Directory for the log and the lease file. */
  readonly directory: string;
  readonly mlflowUrl: string;
  readonly kinesisUrl: string;
  readonly streams: StreamNames;
  /** @default a free port */
  readonly port?: number;
  /** Variables that override or extend the environment. */
  readonly environment?: Readonly<Record<string, string>>;
}

export interface Inference extends AsyncDisposable {
  readonly url: string;
  readonly process: ManagedProcess;
  /** Resolves once `/readyz` answers 200. */
  ready(timeoutMilliseconds: number): Promise<void>;
  stop(): Promise<void>;
}

/** Starts the inference service as one process, with leases in a file and the model of an alias. */
export async function startInference(options: InferenceOptions): Promise<Inference> {
  const port = options.port ?? (await freePort());
  const url = `http://127.0.0.1:${port}`;
  const service = new ManagedProcess({
    name: 'inference',
    command: process.execPath,
    arguments: [`${repositoryRoot}/services/inference/main.ts`],
    environment: {
      ...emulatorCredentials,
      MLFLOW_TRACKING_URI: options.mlflowUrl,
      MODEL_ALIAS: CHAMPION_ALIAS,
      REGISTRY_POLL_SECONDS: '1',
      KINESIS_ENDPOINT: options.kinesisUrl,
      INPUT_STREAM: options.streams.input,
      OUTPUT_STREAM: options.streams.output,
      REJECT_STREAM: options.streams.rejects,
      START_POSITION: 'TRIM_HORIZON',
      LEASE_STORE: 'file',
      LEASE_FILE: `${options.directory}/leases.json`,
      HTTP_PORT: String(port),
      ...options.environment,
    },
    logFile: `${options.directory}/inference.log`,
  });
  const stop = () => service.stop(30_000);
  return {
    url,
    process: service,
    ready: (timeoutMilliseconds) =>
      service.waitUntil('ready', timeoutMilliseconds, () => answers(`${url}/readyz`)),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
