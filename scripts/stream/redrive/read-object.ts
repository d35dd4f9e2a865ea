import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { ReadObject } from './whole-payload.ts';

const S3_URI = /^s3:\/\/([^/]+)\/(.+)$/;

export interface ObjectReaderOptions {
  readonly region: string;
  /** URL of an emulator. Undefined means the endpoint that the AWS SDK resolves. */
  readonly endpoint: string | undefined;
}

/** Reads objects from S3. The SDK tries each read three times. */
export function objectReader({ region, endpoint }: ObjectReaderOptions): ReadObject {
  let client: S3Client | undefined;
  return async (uri) => {
    client ??= new S3Client({
      region,
      ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
      followRegionRedirects: true,
    });
    const [, bucket, key] = S3_URI.exec(uri) ?? [];
    const { Body: body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    return (await body?.transformToByteArray()) ?? new Uint8Array();
  };
}
