import { type AwsCall, type AwsIntent, type CalledAccount, keyRequest } from './aws-call.ts';

interface KinesisInput {
  readonly StreamName?: string;
  readonly StreamARN?: string;
  readonly ConsumerARN?: string;
  readonly ConsumerName?: string;
  readonly ResourceARN?: string;
  readonly ShardIterator?: string;
  readonly NextToken?: string;
}

const READS = ['GetRecords', 'SubscribeToShard'];
const WRITES = ['PutRecord', 'PutRecords'];
const WITHOUT_RESOURCE = ['ListStreams', 'DescribeLimits', 'DescribeAccountSettings'];
/** Members of answers that stand for a stream in later requests. */
const TOKENS = ['ShardIterator', 'NextShardIterator', 'NextToken'];

/** Reads what calls to Kinesis ask for. */
export class KinesisIntents {
  readonly #account: CalledAccount;
  readonly #streamOfToken = new Map<string, string>();

  constructor(account: CalledAccount) {
    this.#account = account;
  }

  intentOf({ headers, body }: AwsCall): AwsIntent {
    const operation = String(headers['x-amz-target'] ?? '').replace('Kinesis_20131202.', '');
    const input: KinesisInput = JSON.parse(body.toString() || '{}');
    const request = (resource: string) => ({ action: `kinesis:${operation}`, resource, context: {} });
    if (WITHOUT_RESOURCE.includes(operation)) return { operation, requests: [request('*')] };
    const stream = this.#streamOf(input);
    const consumer = consumerOf(input, stream);
    const resources = [stream, ...(consumer === undefined ? [] : [consumer])];
    const key = (action: 'kms:Decrypt' | 'kms:GenerateDataKey') =>
      keyRequest(this.#account, 'kinesis', action, stream);
    return {
      operation,
      requests: [
        ...resources.map(request),
        ...(READS.includes(operation) ? key('kms:Decrypt') : []),
        ...(WRITES.includes(operation) ? key('kms:GenerateDataKey') : []),
      ],
    };
  }

  /** True if later requests may name a stream by something in the answer. */
  hasTokens({ operation }: AwsIntent): boolean {
    return ['GetShardIterator', 'GetRecords', 'ListShards'].includes(operation);
  }

  /** Remembers to which stream the tokens in an answer belong. */
  learn({ requests }: AwsIntent, answer: Buffer): void {
    const output: Readonly<Record<string, unknown>> = JSON.parse(answer.toString() || '{}');
    const [first] = requests;
    for (const name of TOKENS) {
      const token = output[name];
      if (typeof token === 'string' && first) this.#streamOfToken.set(token, first.resource);
    }
  }

  #streamOf(input: KinesisInput): string {
    const { account, region, partition } = this.#account;
    if (input.StreamARN !== undefined) return input.StreamARN;
    if (input.StreamName !== undefined)
      return `arn:${partition}:kinesis:${region}:${account}:stream/${input.StreamName}`;
    const owner = input.ConsumerARN ?? input.ResourceARN;
    if (owner !== undefined) return owner.replace(/\/consumer\/.*$/, '');
    const token = input.ShardIterator ?? input.NextToken ?? '';
    return this.#streamOfToken.get(token) ?? 'a stream of which no token was seen';
  }
}

/** Kinesis gives the ARN of a consumer a time at its end. A call by name has the ARN without that time. */
function consumerOf({ ConsumerARN, ConsumerName }: KinesisInput, stream: string): string | undefined {
  if (ConsumerARN !== undefined) return ConsumerARN;
  return ConsumerName === undefined ? undefined : `${stream}/consumer/${ConsumerName}`;
}
