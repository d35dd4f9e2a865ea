import { CreateStreamCommand, type KinesisClient, waitUntilStreamExists } from '@aws-sdk/client-kinesis';

export interface StreamNames {
  readonly input: string;
  readonly output: string;
  readonly rejects: string;
}

/**
 * Creates a stream and waits until the stream is ACTIVE. An existing stream stays as it is.
 * @returns false if the stream existed
 */
export async function ensureStream(client: KinesisClient, name: string, shards: number): Promise<boolean> {
  let created = true;
  try {
    await client.send(new CreateStreamCommand({ StreamName: name, ShardCount: shards }));
  } catch (error) {
    if ((error as Error).name !== 'ResourceInUseException') throw error;
    created = false;
  }
  await waitUntilStreamExists({ client, maxWaitTime: 60, minDelay: 1, maxDelay: 2 }, { StreamName: name });
  return created;
}
