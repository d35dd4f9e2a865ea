import { hostname } from 'node:os';
import { z } from 'zod';
import type { StreamVariable } from '../shared/agreements/environment-variables.ts';
import { SYSTEM_NAME } from '../shared/agreements/kubernetes-names.ts';
import { OBJECT_PREFIX } from '../shared/agreements/object-prefix.ts';
import { STREAM_NAMES } from '../shared/agreements/stream-names.ts';
import { ALWAYS, decimal, flag, httpUrl, integer } from '../shared/config.ts';
import { differentStreams } from '../shared/different-streams.ts';
import { streamSetting } from '../shared/stream-reference.ts';

const settings = z.object({
  INPUT_STREAM: streamSetting()
    .optional()
    .describe('Stream to read, by name or ARN. Unset: HTTP only, no stream is read.'),
  OUTPUT_STREAM: streamSetting()
    .default(STREAM_NAMES.output)
    .describe('Stream for decisions, by name or ARN. The three streams must be different.'),
  REJECT_STREAM: streamSetting()
    .default(STREAM_NAMES.rejects)
    .describe('Stream for dead letters, by name or ARN.'),
  AWS_REGION: z
    .string()
    .default('us-east-1')
    .describe('Region of all three streams. Credentials come from the AWS SDK.'),
  KINESIS_ENDPOINT: httpUrl()
    .optional()
    .describe('URL of Kinesis or of an emulator. Unset: the endpoint that the AWS SDK resolves.'),
  KINESIS_CLIENT: z
    .enum(['lean', 'sdk'])
    .default('lean')
    .describe('Client for reads and writes. `lean` needs less CPU time than `sdk`, which is the AWS SDK.'),
  KINESIS_CONNECT_TIMEOUT_MILLISECONDS: integer(1, 60_000)
    .default(3_000)
    .describe('Time-out for connecting to Kinesis.'),
  KINESIS_REQUEST_TIMEOUT_MILLISECONDS: integer(1, 120_000)
    .default(15_000)
    .describe('Time-out for one request to Kinesis.'),

  CONSUMER_GROUP: z
    .string()
    .min(1)
    .max(128)
    .default(SYSTEM_NAME)
    .describe('Processes with the same group share the shards. Also the name of the fan-out consumer.'),
  LEASE_STORE: z
    .enum(['file', 'kubernetes'])
    .default('file')
    .describe('Where leases and checkpoints are kept. More than one process needs `kubernetes`.'),
  LEASE_FILE: z
    .string()
    .default('leases.json')
    .describe('Path of the lease file, with LEASE_STORE=file. One process at a time uses it.'),
  POD_NAME: z
    .string()
    .default(hostname)
    .meta({ defaultText: "the host's name" })
    .describe(
      'Name of this process in the consumer group. Of two processes with one name, only the later one reads.',
    ),
  POD_NAMESPACE: z
    .string()
    .optional()
    .describe('Kubernetes namespace of the Leases and the ModelDeployment.'),
  LEASE_SECONDS: decimal(1, 300)
    .default(10)
    .describe('A process that cannot renew a lease for this long loses the shard. It stops reading at 80 %.'),
  HAND_OFF_SECONDS: decimal(0.1, 300)
    .default(5)
    .describe('Time to finish what is in flight before a process gives up a shard.'),
  SHARD_SYNC_SECONDS: decimal(1, 3600)
    .default(30)
    .describe('Interval at which the list of shards is read from Kinesis.'),
  ON_TRIMMED: z
    .enum(['stop', 'continue'])
    .default('stop')
    .describe(
      'If retention may have deleted unread records: `stop` the shard, or `continue` at the oldest record.',
    ),

  START_POSITION: z
    .enum(['TRIM_HORIZON', 'LATEST', 'AT_TIMESTAMP'])
    .default('TRIM_HORIZON')
    .describe('Where to start in a shard without a checkpoint: oldest record, newest, or START_TIMESTAMP.'),
  START_TIMESTAMP: z.iso
    .datetime({ offset: true, error: 'must be a time such as 2026-01-31T12:00:00Z' })
    .transform(Date.parse)
    .refine((milliseconds) => milliseconds >= 0, { error: 'must not be before 1970-01-01T00:00:00Z' })
    .optional()
    .describe('Time at which to start, with START_POSITION=AT_TIMESTAMP.'),
  READER: z
    .enum(['polling', 'fan-out'])
    .default('polling')
    .describe('How to read a shard. `fan-out` is enhanced fan-out, and polls while fan-out is not possible.'),
  POLL_INTERVAL_MILLISECONDS: integer(0, 60_000)
    .default(250)
    .describe(
      'Time from one read of a shard to the next. Kinesis allows five reads a second and shard. 0 suits only an emulator: it reads again at once, even an idle shard.',
    ),
  MAX_POLL_INTERVAL_MILLISECONDS: integer(0, 60_000)
    .default(1_000)
    .describe(
      'Longest time from one read of an idle shard to the next. Its first record waits up to this time. Below POLL_INTERVAL_MILLISECONDS: that interval.',
    ),
  // Larger reads outlive the garbage collector's young generation. A shard gives fewer records at four reads a second.
  READ_LIMIT: integer(1, 10_000)
    .default(2_000)
    .meta({ unit: 'records' })
    .describe('Most records in one read.'),
  // PutRecords takes 500 records.
  BATCH_SIZE: integer(1, 10_000)
    .default(500)
    .meta({ unit: 'records' })
    .describe('Most records in one batch. A batch is scored in one call.'),
  BATCH_WINDOW_MILLISECONDS: integer(0, 300_000)
    .default(0)
    .describe('Longest wait for a batch to fill. 0: process what is there.'),
  PARALLELIZATION_FACTOR: integer(1, 10)
    .default(1)
    .meta({ unit: 'batches' })
    .describe('Batches of one shard in progress at a time. Records of one partition key stay in order.'),
  MAX_RETRIES: integer(-1, 10_000)
    .default(3)
    .meta({ unit: 'retries' })
    .describe('Retries of a failing batch before its records become dead letters. -1: no limit.'),
  POISON_ATTEMPTS: integer(-1, 1_000)
    .default(3)
    .meta({ unit: 'attempts' })
    .describe(
      'Crashes or lost leases in a row, without progress, after which the record at fault becomes a dead letter. -1 or 0: no limit.',
    ),
  MAX_RECORD_AGE_SECONDS: integer(-1, 604_800)
    .default(-1)
    .describe('Records that are older become dead letters. -1: no limit.'),
  BISECT_ON_ERROR: flag()
    .default(true)
    .describe('Split a failing batch in halves until the record at fault is alone.'),
  ON_FAILURE: z
    .string()
    .regex(OBJECT_PREFIX.pattern, OBJECT_PREFIX.rule)
    .transform((uri) => uri.replace(/\/$/, ''))
    .optional()
    .describe(
      'S3 bucket and prefix. The whole payload of a truncated dead letter is stored there. Unset: payloads above 737,280 bytes are cut.',
    ),
  S3_ENDPOINT: httpUrl()
    .optional()
    .describe('URL of an S3 emulator, with ON_FAILURE. Unset: the endpoint that the AWS SDK resolves.'),
  OUTPUT_AGGREGATION: z
    .enum(['none', 'kpl'])
    .default('none')
    .describe(
      '`kpl` packs decisions into KPL aggregates: for more than 1,000 decisions a second and output shard.',
    ),
  FOREIGN_PARTS: z
    .enum(['decide', 'reject', 'drop'])
    .default('decide')
    .describe(
      'Records of a KPL aggregate whose keys belong to another shard: `decide` them, `reject` them, or `drop` them.',
    ),
  MAX_IN_FLIGHT_BYTES: integer(1, 8 * 1024 ** 3)
    .default(64 * 1024 ** 2)
    .describe(
      'Most memory of records that are read and not yet confirmed. Half of it is split evenly among the shards.',
    ),
} satisfies Record<StreamVariable, z.ZodType>);

/** The consumer's environment; retries, age, bisecting, batches and positions mean the same as in AWS Lambda's event source mapping. */
export const streamSettings = settings
  .check(differentStreams(['INPUT_STREAM', 'OUTPUT_STREAM', 'REJECT_STREAM'], 'AWS_REGION'))
  .refine((value) => value.LEASE_STORE !== 'kubernetes' || value.POD_NAMESPACE !== undefined, {
    ...ALWAYS,
    path: ['POD_NAMESPACE'],
    error: 'is needed with LEASE_STORE=kubernetes: the leases are in that namespace',
  })
  .refine((value) => value.S3_ENDPOINT === undefined || value.ON_FAILURE !== undefined, {
    ...ALWAYS,
    path: ['S3_ENDPOINT'],
    error: 'needs ON_FAILURE: nothing is stored without it',
  })
  .refine((value) => value.START_POSITION !== 'AT_TIMESTAMP' || value.START_TIMESTAMP !== undefined, {
    ...ALWAYS,
    path: ['START_TIMESTAMP'],
    error: 'is needed with START_POSITION=AT_TIMESTAMP',
  });

export type StreamSettings = z.output<typeof streamSettings> & { readonly INPUT_STREAM: string };
