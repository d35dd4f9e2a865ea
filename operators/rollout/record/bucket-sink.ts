import type { S3Client } from '@aws-sdk/client-s3';
import { AUDIT_PREFIX, type AuditRecord } from '../../../services/shared/agreements/audit-record.ts';
import type { AuditSink } from './audit-sink.ts';
import { clientDefaults, type SinkClientOptions } from './client-defaults.ts';

export interface BucketSinkOptions extends SinkClientOptions {
  readonly bucket: string;
}

/**
 * Stores each record as an object of its own. An object is never overwritten. How long it is kept follows from the Object
 * Lock of the bucket, so the operator needs no right to set it, and cannot shorten it.
 */
export class BucketSink implements AuditSink {
  readonly name = 'bucket';
  readonly #options: BucketSinkOptions;
  #client: Promise<S3Client> | undefined;

  constructor(options: BucketSinkOptions) {
    this.#options = options;
  }

  async write(record: AuditRecord, abortSignal: AbortSignal): Promise<void> {
    const { PutObjectCommand } = await import('@aws-sdk/client-s3');
    this.#client ??= createClient(this.#options);
    const client = await this.#client;
    const command = new PutObjectCommand({
      Bucket: this.#options.bucket,
      Key: objectKeyOf(record),
      Body: `${JSON.stringify(record)}\n`,
      ContentType: 'application/json',
      // A bucket with Object Lock asks for a checksum.
      ChecksumAlgorithm: 'SHA256',
      IfNoneMatch: '*',
    });
    try {
      await client.send(command, { abortSignal });
    } catch (error) {
      if ((error as Error).name !== 'PreconditionFailed') throw error;
      // It was stored before, and the answer was lost.
    }
  }

  close(): void {
    this.#client?.then((client) => client.destroy()).catch(() => {});
  }
}

/** Sorts by ModelDeployment and by number. After a restore of etcd a number may come again, at another time. */
function objectKeyOf(record: AuditRecord): string {
  const [first, end] =
    record.kind === 'gap' ? [record.from, `gap-to-${record.to}`] : [record.sequence, record.at];
  const { namespace, name, uid } = record;
  return [AUDIT_PREFIX, namespace, name, uid, `${String(first).padStart(10, '0')}-${end}.json`].join('/');
}

async function createClient({ region, endpoint }: BucketSinkOptions): Promise<S3Client> {
  const { S3Client } = await import('@aws-sdk/client-s3');
  return new S3Client({
    ...clientDefaults(region),
    // Emulators know no host name for each bucket.
    ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
    followRegionRedirects: true,
  });
}
