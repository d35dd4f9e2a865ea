import { STREAM_NAMES } from '../services/shared/agreements/stream-names.ts';
import type { AwsEnvironment } from './environment-schema.ts';
import {
  auditBucketName,
  bucketName,
  clusterArn,
  databaseSecretName,
  IMAGES,
  stackName,
  stackParts,
} from './names.ts';
import { partition } from './partition.ts';
import type { Place } from './permissions.ts';

/**
 * The ARNs in the rows of the table.
 * @param key ARN of the key of the data stack, which AWS makes up
 */
export function placeOf(environment: AwsEnvironment, key: string): Place {
  const { access, account, region, name } = environment;
  const arn = (service: string, resource: string) =>
    `arn:${partition(environment)}:${service}:${region}:${account}:${resource}`;
  return {
    region,
    streams: {
      input: arn('kinesis', `stream/${STREAM_NAMES.input}`),
      output: arn('kinesis', `stream/${STREAM_NAMES.output}`),
      rejects: arn('kinesis', `stream/${STREAM_NAMES.rejects}`),
    },
    bucket: `arn:${partition(environment)}:s3:::${bucketName(environment)}`,
    key,
    secret: arn('secretsmanager', `secret:${databaseSecretName(environment)}-??????`),
    auditBucket: `arn:${partition(environment)}:s3:::${auditBucketName(environment)}`,
    auditStream: access.auditStream ?? '',
    workspace: access.metricsWorkspace ?? '',
    repositories: IMAGES.map((image) => arn('ecr', `repository/${name}/${image}`)),
    stacks: stackParts(environment).map((part) =>
      arn('cloudformation', `stack/${stackName(environment, part)}/*`),
    ),
    cluster: clusterArn(environment),
  };
}
