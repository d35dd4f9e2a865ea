import { Network, type StartedNetwork, type StartedTestContainer, Wait } from 'testcontainers';
import { emulatorClient, emulatorCredentials } from '../../scripts/stack/kinesis-endpoint.ts';
import { ensureStream } from '../../scripts/stack/streams.ts';
import { STREAM_NAMES } from '../../services/shared/agreements/stream-names.ts';
import { imageName } from '../cluster/images.ts';
import { digestOf, loanArtifact } from '../support/model/loan-model.ts';
import { registerVersion } from '../support/register-version.ts';
import { ReadOnlyContainer } from './read-only-container.ts';

const SHARDS = 2;

/** The servers that the inference image needs, on a network of their own: MLflow with a champion, and the streams. */
export class ImageStack implements AsyncDisposable {
  readonly network: StartedNetwork;
  readonly kinesisUrl: string;
  readonly #containers: readonly StartedTestContainer[];

  private constructor(
    network: StartedNetwork,
    kinesisUrl: string,
    containers: readonly StartedTestContainer[],
  ) {
    this.network = network;
    this.kinesisUrl = kinesisUrl;
    this.#containers = containers;
  }

  static async start(): Promise<ImageStack> {
    const network = await new Network().start();
    const [kinesis, mlflow] = await Promise.all([
      new ReadOnlyContainer(imageName('kinesis'))
        .withNetwork(network)
        .withNetworkAliases('kinesis')
        .withExposedPorts(4567)
        .start(),
      new ReadOnlyContainer(imageName('mlflow'))
        .withNetwork(network)
        .withNetworkAliases('mlflow')
        .withExposedPorts(5000)
        .withEnvironment({
          MLFLOW_SERVER_ENABLE_JOB_EXECUTION: 'false',
          MLFLOW_SERVER_ALLOWED_HOSTS: 'mlflow:*,localhost:*,127.0.0.1:*',
        })
        .withCommand([
          'server',
          '--host=0.0.0.0',
          '--port=5000',
          '--workers=1',
          '--backend-store-uri=sqlite:////tmp/mlflow.db',
          '--artifacts-destination=/tmp/artifacts',
        ])
        .withWaitStrategy(Wait.forHttp('/health', 5000))
        .withStartupTimeout(120_000)
        .start(),
    ]);
    const url = (container: StartedTestContainer, port: number) =>
      `http://127.0.0.1:${container.getMappedPort(port)}`;
    const kinesisUrl = url(kinesis, 4567);
    const client = emulatorClient(kinesisUrl);
    await Promise.all(Object.values(STREAM_NAMES).map((stream) => ensureStream(client, stream, SHARDS)));
    client.destroy();
    await registerChampion(url(mlflow, 5000));
    return new ImageStack(network, kinesisUrl, [kinesis, mlflow]);
  }

  /** Environment of an inference container in this network. */
  environment(changes: Readonly<Record<string, string>> = {}): Record<string, string> {
    return {
      ...emulatorCredentials,
      MLFLOW_TRACKING_URI: 'http://mlflow:5000',
      REGISTRY_POLL_SECONDS: '1',
      KINESIS_ENDPOINT: 'http://kinesis:4567',
      INPUT_STREAM: STREAM_NAMES.input,
      OUTPUT_STREAM: STREAM_NAMES.output,
      REJECT_STREAM: STREAM_NAMES.rejects,
      START_POSITION: 'TRIM_HORIZON',
      LEASE_STORE: 'file',
      LEASE_FILE: '/leases/leases.json',
      ...changes,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#containers.map((container) => container.stop()));
    await this.network.stop();
  }
}

async function registerChampion(mlflowUrl: string): Promise<void> {
  const files = loanArtifact();
  const name = 'loan-eligibility';
  const version = await registerVersion(mlflowUrl, { name, files, tags: { digest: digestOf(files) } });
  const response = await fetch(`${mlflowUrl}/api/2.0/mlflow/registered-models/alias`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name, alias: 'champion', version }),
  });
  if (!response.ok) throw new Error(`MLflow did not set the alias: ${await response.text()}`);
}
