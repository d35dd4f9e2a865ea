import { GetRecordsCommand, type KinesisClient, PutRecordsCommand } from '@aws-sdk/client-kinesis';
import { getEndpointFromInstructions } from '@smithy/core/endpoints';

const COMMANDS = { GetRecords: GetRecordsCommand, PutRecords: PutRecordsCommand } as const;

export type RecordOperation = keyof typeof COMMANDS;

/**
 * The endpoint of each operation, resolved by the rules of the SDK. They know the endpoint variables, FIPS, dual-stack,
 * profiles, partitions, and the endpoint of the account that an ARN names.
 */
export class KinesisEndpoints {
  readonly #client: KinesisClient;
  readonly #resolved = new Map<string, Promise<URL>>();

  constructor(client: KinesisClient) {
    this.#client = client;
  }

  /**
   * @param streamArn undefined if the stream is given by its name
   * @throws the SDK's error if the settings contradict each other
   */
  of(operation: RecordOperation, streamArn?: string): Promise<URL> {
    const key = `${operation} ${streamArn ?? ''}`;
    const known = this.#resolved.get(key);
    if (known !== undefined) return known;
    const resolving = this.#resolve(operation, streamArn);
    this.#resolved.set(key, resolving);
    resolving.catch(() => this.#resolved.delete(key));
    return resolving;
  }

  async #resolve(operation: RecordOperation, streamArn: string | undefined): Promise<URL> {
    const input = streamArn === undefined ? {} : { StreamARN: streamArn };
    const { url } = await getEndpointFromInstructions(input, COMMANDS[operation], this.#client.config);
    // The SDK sends every call to the path "/" below the endpoint.
    return url.pathname.endsWith('/') ? url : new URL(`${url.href}/`);
  }
}
