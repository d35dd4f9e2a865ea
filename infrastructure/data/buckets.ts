import { Duration } from 'aws-cdk-lib';
import type { Key } from 'aws-cdk-lib/aws-kms';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type BucketProps,
  type IBucket,
  ObjectLockRetention,
  ObjectOwnership,
} from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { AwsEnvironment } from '../environment-schema.ts';
import { auditBucketName, bucketName, logBucketName } from '../names.ts';
import { KEEP, type KeepData, removalPolicy } from './keep.ts';

export interface BucketsProps extends KeepData {
  readonly environment: AwsEnvironment;
  readonly key: Key;
}

/** The bucket of models and data, the audit bucket, and the bucket of their access logs. */
export class Buckets extends Construct {
  readonly main: Bucket;
  readonly audit: Bucket;

  constructor(scope: Construct, props: BucketsProps) {
    super(scope, 'buckets');
    const logs = this.#logs(props) as IBucket;
    this.main = this.#main(props, logs);
    this.audit = this.#audit(props, logs);
  }

  #logs(props: BucketsProps): Bucket {
    return new Bucket(this, 'logs', {
      ...PRIVATE,
      bucketName: logBucketName(props.environment),
      // S3 writes access logs only into buckets with its own keys.
      encryption: BucketEncryption.S3_MANAGED,
      removalPolicy: removalPolicy(props),
      lifecycleRules: [{ expiration: Duration.days(365), ...CLEAN }],
    });
  }

  #main(props: BucketsProps, logs: IBucket): Bucket {
    const { oldVersionDays, deadLetterDays } = props.environment.data;
    return new Bucket(this, 'main', {
      ...PRIVATE,
      ...encryptedBy(props.key),
      bucketName: bucketName(props.environment),
      versioned: true,
      removalPolicy: removalPolicy(props),
      serverAccessLogsBucket: logs,
      serverAccessLogsPrefix: 'main/',
      lifecycleRules: [
        { id: 'old-versions', noncurrentVersionExpiration: Duration.days(oldVersionDays), ...CLEAN },
        ...['scoring/', 'dead-letters/'].map((prefix) => ({
          id: prefix.replace('/', ''),
          prefix,
          expiration: Duration.days(deadLetterDays),
          // Without this rule the payloads of applicants would stay as old versions.
          noncurrentVersionExpiration: Duration.days(1),
        })),
      ],
    });
  }

  #audit(props: BucketsProps, logs: IBucket): Bucket {
    const { days, mode } = props.environment.data.audit;
    const period = Duration.days(days);
    const bucket = new Bucket(this, 'audit', {
      ...PRIVATE,
      ...encryptedBy(props.key),
      bucketName: auditBucketName(props.environment),
      versioned: true,
      objectLockEnabled: true,
      objectLockDefaultRetention:
        mode === 'compliance'
          ? ObjectLockRetention.compliance(period)
          : ObjectLockRetention.governance(period),
      // Object Lock forbids to empty this bucket, so no stack can delete it.
      removalPolicy: KEEP,
      serverAccessLogsBucket: logs,
      serverAccessLogsPrefix: 'audit/',
      lifecycleRules: [CLEAN],
    });
    // Without its policy the bucket that stays would accept plain HTTP.
    bucket.policy?.applyRemovalPolicy(KEEP);
    return bucket;
  }
}

const PRIVATE = {
  enforceSSL: true,
  minimumTLSVersion: 1.2,
  blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
  objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
} as const satisfies BucketProps;

const CLEAN = { abortIncompleteMultipartUploadAfter: Duration.days(7) };

function encryptedBy(key: Key): BucketProps {
  return { encryption: BucketEncryption.KMS, encryptionKey: key, bucketKeyEnabled: true };
}
