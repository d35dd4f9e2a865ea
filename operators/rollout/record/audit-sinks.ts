import type { RolloutConfig } from '../config.ts';
import type { AuditSink } from './audit-sink.ts';
import { BucketSink } from './bucket-sink.ts';
import { LogSink } from './log-sink.ts';
import { StreamSink } from './stream-sink.ts';

type Settings = Pick<
  RolloutConfig,
  'AUDIT_STREAM' | 'AUDIT_BUCKET' | 'AWS_REGION' | 'KINESIS_ENDPOINT' | 'S3_ENDPOINT'
>;

/** Every place that the settings name. The log is always one. */
export function auditSinks(settings: Settings, log: AuditSink = new LogSink()): readonly AuditSink[] {
  const { AUDIT_STREAM: stream, AUDIT_BUCKET: bucket, AWS_REGION: region } = settings;
  return [
    log,
    ...(stream === undefined
      ? []
      : [new StreamSink({ stream, region, endpoint: settings.KINESIS_ENDPOINT })]),
    ...(bucket === undefined ? [] : [new BucketSink({ bucket, region, endpoint: settings.S3_ENDPOINT })]),
  ];
}
