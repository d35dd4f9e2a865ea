import type { S3Client } from '@aws-sdk/client-s3';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import type { AwsCredentials } from '../client/aws-credentials.ts';
import type { StoredObject } from '../record.ts';
import type { ObjectStore } from './object-store.ts';

const S3_URI = /^s3:\/\/([^/]+)\/(.+)$/;
const CONNECT_TIMEOUT_MILLISECONDS = 3_000;
/** Enough for 10 MiB, the largest record, at 1.4 Mbit/s. */
const REQUEST_TIMEOUT_MILLISECONDS = 60_000;

export interface S3ObjectStoreOptions {
  readonly region: string;
  /** URL of an emulator. @default the endpoint that the AWS SDK resolves */
  readonly endpoint: string | undefined;
  readonly credentials: AwsCredentials;
}

/** Stores objects in S3. The encryption is that of the bucket. */
export class S3ObjectStore implements ObjectStore {
  readonly #options: S3ObjectStoreOptions;
  #client: Promise<Sender> | undefined;

  constructor(options: S3ObjectStoreOptions) {
    this.#options = options;
  }

  async put({ uri, data, sha256 }: StoredObject, signal: AbortSignal): Promise<void> {
    this.#client ??= createSender(this.#options);
    const { send } = await this.#client;
    const checksum = Buffer.from(sha256, 'hex').toString('base64');
    try {
      await this.#options.credentials.renewing(() => send(uri, data, checksum, signal));
    } catch (error) {
      signal.throwIfAborted();
      const { name, message } = error as Error;
      throw new Error(`PutObject ${uri} failed: ${name}: ${message}`, { cause: error });
    }
  }

  close(): void {
    this.#client?.then(({ client }) => client.destroy()).catch(() => {});
  }
}

interface Sender {
  readonly client: S3Client;
  readonly send: (uri: string, data: Uint8Array, checksum: string, signal: AbortSignal) => Promise<unknown>;
}

/** The SDK's client takes 12 MB of memory, and payloads above a record's limit are rare. So it is loaded at the first use. */
async function createSender({ region, endpoint, credentials }: S3ObjectStoreOptions): Promise<Sender> {
  const { PutObjectCommand, S3Client } = await import('@aws-sdk/client-s3');
  const client = new S3Client({
    region,
    credentials: credentials.provider,
    // Emulators know no host name for each bucket.
    ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
    followRegionRedirects: true,
    requestHandler: new NodeHttpHandler({
      connectionTimeout: CONNECT_TIMEOUT_MILLISECONDS,
      requestTimeout: REQUEST_TIMEOUT_MILLISECONDS,
      throwOnRequestTimeout: true,
    }),
    // The caller retries.
    maxAttempts: 1,
  });
  return {
    client,
    send: (uri, data, checksum, abortSignal) => {
      const [, bucket, key] = S3_URI.exec(uri) ?? [];
      const command = new PutObjectCommand({
        Bucket: bucket,
        Key: key,
        Body: data,
        ContentType: 'application/octet-stream',
        ChecksumSHA256: checksum,
      });
      return client.send(command, { abortSignal });
    },
  };
}
