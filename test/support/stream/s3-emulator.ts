import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { type FauxqsServer, startFauxqs } from 'fauxqs';
import { emulatorCredentials } from '../../../scripts/stack/kinesis-endpoint.ts';

export interface EmulatedObject {
  readonly data: Buffer;
  readonly contentType: string | undefined;
  /** Checksum that came with the object, in base64. */
  readonly checksum: string | undefined;
}

/** An S3 emulator on loopback. It does not compare an object with its checksum, as S3 does. */
export class S3Emulator implements AsyncDisposable {
  readonly #server: FauxqsServer;
  readonly #client: S3Client;

  private constructor(server: FauxqsServer) {
    this.#server = server;
    this.#client = new S3Client({ region: 'us-east-1', endpoint: this.url, forcePathStyle: true });
  }

  static async start(...buckets: readonly string[]): Promise<S3Emulator> {
    Object.assign(process.env, emulatorCredentials);
    const emulator = new S3Emulator(await startFauxqs({ port: 0, logger: false }));
    for (const bucket of buckets) emulator.createBucket(bucket);
    return emulator;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#server.port}`;
  }

  createBucket(bucket: string): void {
    this.#server.createBucket(bucket);
  }

  /** @param uri s3://bucket/key */
  async put(uri: string, data: Buffer): Promise<void> {
    await this.#client.send(new PutObjectCommand({ ...place(uri), Body: data }));
  }

  /** @param uri s3://bucket/key */
  async object(uri: string): Promise<EmulatedObject> {
    const command = new GetObjectCommand({ ...place(uri), ChecksumMode: 'ENABLED' });
    const answer = await this.#client.send(command);
    const data = Buffer.from((await answer.Body?.transformToByteArray()) ?? []);
    return { data, contentType: answer.ContentType, checksum: answer.ChecksumSHA256 };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client.destroy();
    await this.#server.stop();
  }
}

function place(uri: string): { Bucket: string; Key: string } {
  const [bucket = '', ...key] = uri.slice('s3://'.length).split('/');
  return { Bucket: bucket, Key: key.join('/') };
}
