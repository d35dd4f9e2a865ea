import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Construct } from 'constructs';
import { STREAM_NAMES } from '../../services/shared/agreements/stream-names.ts';
import { Buckets } from '../data/buckets.ts';
import { Database } from '../data/database.ts';
import { KEEP, type KeepData } from '../data/keep.ts';
import { Repositories } from '../data/repositories.ts';
import { Streams } from '../data/streams.ts';
import type { AwsEnvironment } from '../environment-schema.ts';
import { databaseSecretName, dataKeyAlias, inputShards, registry } from '../names.ts';
import { type VpcOwner, vpcOf } from '../vpc.ts';
import { PartStack } from './part-stack.ts';

export interface DataStackProps extends KeepData {
  /** The stack of the VPC. Undefined if the VPC exists. */
  readonly network: VpcOwner | undefined;
}

/** What holds data: streams, buckets, image repositories, database, and the key that encrypts them. */
export class DataStack extends PartStack {
  readonly key: Key;

  constructor(scope: Construct, environment: AwsEnvironment, props: DataStackProps) {
    super(scope, environment, 'data', { terminationProtection: props.keepData });
    const { access, data, name } = environment;
    const { keepData } = props;
    this.key = this.#key(environment);
    const alarms = this.#alarms(environment);
    new Streams(this, { settings: data, reader: access.reader, key: this.key, alarms, keepData });
    const buckets = new Buckets(this, { environment, key: this.key, keepData });
    new Repositories(this, { prefix: name, keepData });
    this.tell({
      InputStream: STREAM_NAMES.input,
      OutputStream: STREAM_NAMES.output,
      RejectStream: STREAM_NAMES.rejects,
      InputShards: String(inputShards(environment)),
      Bucket: buckets.main.bucketName,
      AuditBucket: buckets.audit.bucketName,
      Registry: registry(environment),
      DataKey: this.key.keyArn,
    });
    this.#database(environment, props);
  }

  #database(environment: AwsEnvironment, { keepData, network }: DataStackProps): void {
    const { database } = environment.data;
    if (database.kind === 'existing') {
      this.tell({ DatabaseHost: database.host, DatabaseNetwork: database.network });
      return;
    }
    const { host, secret } = new Database(this, {
      settings: database,
      vpc: vpcOf(this, environment, network),
      network: environment.network.network,
      key: this.key,
      secretName: databaseSecretName(environment),
      keepData,
    });
    this.tell({
      DatabaseHost: host,
      DatabaseNetwork: environment.network.network,
      DatabaseSecret: secret.secretArn,
    });
  }

  #key(environment: AwsEnvironment): Key {
    return new Key(this, 'key', {
      alias: dataKeyAlias(environment),
      description: `Streams, buckets and database of ${environment.name}`,
      enableKeyRotation: true,
      // Nobody could read the audit bucket or the last snapshot of the database without the key, and both stay.
      removalPolicy: KEEP,
    });
  }

  #alarms({ data }: AwsEnvironment): Topic {
    const topic = new Topic(this, 'alarms', { enforceSSL: true, masterKey: this.key });
    const cloudWatch = new ServicePrincipal('cloudwatch.amazonaws.com', {
      conditions: { StringEquals: { 'aws:SourceAccount': this.account } },
    });
    // `enforceSSL` replaces the default policy, which lets the alarms of the account publish.
    topic.addToResourcePolicy(
      new PolicyStatement({
        principals: [cloudWatch],
        actions: ['sns:Publish'],
        resources: [topic.topicArn],
      }),
    );
    // CloudWatch publishes into an encrypted topic only if the key lets it.
    this.key.addToResourcePolicy(
      new PolicyStatement({
        principals: [cloudWatch],
        actions: ['kms:Decrypt', 'kms:GenerateDataKey*'],
        resources: ['*'],
      }),
    );
    if (data.alarmEmail !== undefined) topic.addSubscription(new EmailSubscription(data.alarmEmail));
    return topic;
  }
}
