import { freePort } from './free-port.ts';
import { answersKinesis, emulatorClient, type KinesisEndpoint } from './kinesis-endpoint.ts';
import { ManagedProcess } from './managed-process.ts';
import { repositoryRoot } from './paths.ts';

export interface KinesaliteOptions {
  /** Directory for the log. The records stay in memory and end with the process. */
  readonly directory: string;
  /** @default a free port */
  readonly port?: number;
}

/** Starts kinesalite, the fastest of the emulators. It has no enhanced fan-out, and its lag is always 0. */
export async function startKinesalite(options: KinesaliteOptions): Promise<KinesisEndpoint> {
  const port = options.port ?? (await freePort());
  const server = new ManagedProcess({
    name: 'kinesalite',
    command: process.execPath,
    arguments: [`${repositoryRoot}/scripts/stack/kinesalite-server.ts`, `--port=${port}`],
    logFile: `${options.directory}/kinesalite.log`,
  });
  return ready(server, port);
}

/** Waits until the emulator at `port` answers. */
export async function ready(server: ManagedProcess, port: number): Promise<KinesisEndpoint> {
  const url = `http://127.0.0.1:${port}`;
  const client = emulatorClient(url);
  try {
    await server.waitUntil('ready', 60_000, () => answersKinesis(client));
  } catch (error) {
    await server.stop();
    throw error;
  } finally {
    client.destroy();
  }
  const stop = () => server.stop();
  return { url, port, stop, [Symbol.asyncDispose]: stop };
}
