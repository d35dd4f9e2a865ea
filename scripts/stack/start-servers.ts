import { STREAM_NAMES } from '../../services/shared/agreements/stream-names.ts';
import { startKinesalite } from './kinesalite.ts';
import { emulatorClient, type KinesisEndpoint } from './kinesis-endpoint.ts';
import { type Mlflow, startMlflow } from './mlflow.ts';
import type { Progress } from './progress.ts';
import { ensureStream } from './streams.ts';

export interface Servers {
  readonly mlflow: Mlflow;
  readonly kinesis: KinesisEndpoint;
}

const SHARDS = 2;

/** Starts MLflow and kinesalite at the same time, puts both on `stack`, and creates the three streams. */
export async function startServers(
  stack: AsyncDisposableStack,
  directory: string,
  progress: Progress,
): Promise<Servers> {
  progress.say('starting MLflow and kinesalite');
  const [mlflow, kinesis] = await Promise.all([
    startMlflow({ directory: `${directory}/mlflow` }).then((server) => stack.use(server)),
    startKinesalite({ directory }).then((server) => stack.use(server)),
  ]);
  progress.say(`MLflow at ${mlflow.url}, Kinesis at ${kinesis.url}`);
  const client = emulatorClient(kinesis.url);
  const { input, output, rejects } = STREAM_NAMES;
  await Promise.all([
    ensureStream(client, input, SHARDS),
    ensureStream(client, output, SHARDS),
    ensureStream(client, rejects, 1),
  ]);
  client.destroy();
  return { mlflow, kinesis };
}
