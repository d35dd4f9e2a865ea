import { Duration } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { type IStream, Stream, StreamEncryption, StreamMode } from 'aws-cdk-lib/aws-kinesis';
import type { Key } from 'aws-cdk-lib/aws-kms';
import type { Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { SYSTEM_NAME } from '../../services/shared/agreements/kubernetes-names.ts';
import { STREAM_NAMES } from '../../services/shared/agreements/stream-names.ts';

import type { AwsEnvironment } from '../environment-schema.ts';
import { accept } from '../nag-reasons.ts';
import { type KeepData, removalPolicy } from './keep.ts';

export interface StreamsProps extends KeepData {
  readonly settings: AwsEnvironment['data'];
  readonly key: Key;
  readonly alarms: Topic;
  /** Each reader has a metric of its own that tells the age of what nobody has read. */
  readonly reader: AwsEnvironment['access']['reader'];
}

/** The streams of applications, decisions and dead letters, with their alarms. */
export class Streams extends Construct {
  readonly input: IStream;
  readonly output: IStream;
  readonly rejects: IStream;

  constructor(scope: Construct, props: StreamsProps) {
    super(scope, 'streams');
    this.input = this.#stream('input', props);
    this.output = this.#stream('output', props);
    this.rejects = this.#stream('rejects', props);
    this.#alarmOnAge(props);
  }

  #stream(role: keyof typeof STREAM_NAMES, props: StreamsProps): IStream {
    const { settings, key } = props;
    const { streams } = settings;
    const stream = new Stream(this, role, {
      streamName: STREAM_NAMES[role],
      retentionPeriod: Duration.hours(settings.retentionHours),
      encryption: StreamEncryption.KMS,
      encryptionKey: key,
      removalPolicy: removalPolicy(props),
      ...(streams.capacity === 'provisioned'
        ? { streamMode: StreamMode.PROVISIONED, shardCount: streams.shards }
        : { streamMode: StreamMode.ON_DEMAND }),
    });
    accept(stream, {
      id: 'AwsSolutions::AwsSolutions-KDS3',
      reason:
        'Applications are personal data. With a key of our own each use is logged, the key rotates, and its policy can name other accounts. Its requests cost more than those of the AWS key.',
    });
    this.#alarm(`${role}-write-throttled`, props, {
      metric: stream.metric('WriteProvisionedThroughputExceeded', { statistic: 'Sum', period: MINUTE }),
      threshold: 0,
      minutes: 5,
      description: `Producers of ${STREAM_NAMES[role]} are throttled. Add shards.`,
    });
    this.#alarm(`${role}-read-throttled`, props, {
      metric: stream.metric('ReadProvisionedThroughputExceeded', { statistic: 'Sum', period: MINUTE }),
      threshold: 0,
      minutes: 15,
      description: `Readers of ${STREAM_NAMES[role]} are throttled. Add shards, or use enhanced fan-out.`,
    });
    return stream;
  }

  #alarmOnAge(props: StreamsProps): void {
    const { iteratorAgeSeconds } = props.settings;
    this.#alarm('input-age', props, {
      metric: this.#age(props),
      threshold: iteratorAgeSeconds * 1_000,
      minutes: 5,
      // No reader reports, so there is no age either. Before the system is installed that is true too.
      missing: TreatMissingData.BREACHING,
      description: `An application waits for longer than ${iteratorAgeSeconds} s, or nobody reads ${STREAM_NAMES.input}.`,
    });
  }

  #age({ reader }: StreamsProps): Metric {
    if (reader === 'polling')
      return this.input.metricGetRecordsIteratorAgeMilliseconds({ statistic: 'Maximum', period: MINUTE });
    return new Metric({
      namespace: 'AWS/Kinesis',
      metricName: 'SubscribeToShardEvent.MillisBehindLatest',
      dimensionsMap: { StreamName: this.input.streamName, ConsumerName: SYSTEM_NAME },
      statistic: 'Maximum',
      period: MINUTE,
    });
  }

  #alarm(
    id: string,
    { alarms }: StreamsProps,
    { metric, threshold, minutes, missing, description }: AlarmOptions,
  ): void {
    new Alarm(this, id, {
      metric,
      threshold,
      evaluationPeriods: minutes,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      treatMissingData: missing ?? TreatMissingData.NOT_BREACHING,
      alarmDescription: description,
    }).addAlarmAction(new SnsAction(alarms));
  }
}

interface AlarmOptions {
  readonly metric: Metric;
  /** The alarm goes off if the metric is above this. */
  readonly threshold: number;
  /** For how many minutes in a row. */
  readonly minutes: number;
  /** What no value means. Absent: that all is well. */
  readonly missing?: TreatMissingData;
  readonly description: string;
}

const MINUTE = Duration.minutes(1);
