import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { StoredObject } from '../../services/stream/record.ts';

const S3_URI = /^s3:\/\/([^/]+)\/(.+)$/;

/** Objects with payloads that do not fit into a dead letter. */
export interface Objects {
  /** Reads the object s3://bucket/key. */
  read(uri: string): Promise<Uint8Array>;
  /** Resolves once the object is stored. */
  store(object: StoredObject): Promise<void>;
}

export interface S3ObjectsOptions {
  readonly region: string;
  /** URL of an emulator. Undefined means the endpoint that the AWS SDK resolves. */
  readonly endpoint: string | undefined;
}

/** Objects in S3. The SDK tries each call three times. */
export class S3Objects implements Objects {
  readonly #client: S3Client;

  constructor({ region, endpoint }: S3ObjectsOptions) {
    this.#client = new S3Client({
      region,
      ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
      followRegionRedirects: true,
    });
  }

  async read(uri: string): Promise<Uint8Array> {
    const { Body: body } = await this.#client.send(new GetObjectCommand(placeOf(uri)));
    return (await body?.transformToByteArray()) ?? new Uint8Array();
  }

  async store({ uri, data, sha256 }: StoredObject): Promise<void> {
    await this.#client.send(
      new PutObjectCommand({
        ...placeOf(uri),
        Body: data,
        ContentType: 'application/octet-stream',
        ChecksumSHA256: Buffer.from(sha256, 'hex').toString('base64'),
      }),
    );
  }
}

function placeOf(uri: string): { Bucket: string; Key: string } {
  const [, bucket, key] = S3_URI.exec(uri) ?? [];
  if (bucket === undefined || key === undefined) throw new Error(`${uri}: must be s3://BUCKET/KEY`);
  return { Bucket: bucket, Key: key };
}
