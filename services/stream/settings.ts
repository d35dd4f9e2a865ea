import { hostname } from 'node:os';
import { z } from 'zod';
import type { StreamVariable } from '../shared/agreements/environment-variables.ts';
import { SYSTEM_NAME } from '../shared/agreements/kubernetes-names.ts';
import { STREAM_NAMES } from '../shared/agreements/stream-names.ts';
import { decimal, flag, httpUrl, integer } from '../shared/config.ts';

const streamName = () =>
  z.string().regex(/^[\w.-]{1,128}$/, 'must be a Kinesis stream name: 1 to 128 letters, digits, _ . -');

const settings = z.object({
  /** Unset: there is no stream to read. */
  INPUT_STREAM: streamName().optional(),
  OUTPUT_STREAM: streamName().default(STREAM_NAMES.output),
  /** Dead letters. */
  REJECT_STREAM: streamName().default(STREAM_NAMES.rejects),
  AWS_REGION: z.string().default('us-east-1'),
  /** Unset: AWS. */
  KINESIS_ENDPOINT: httpUrl().optional(),
  /** How records are read and written: `lean` costs a fraction of the CPU time, `sdk` is the AWS SDK itself. */
  KINESIS_CLIENT: z.enum(['lean', 'sdk']).default('lean'),
  KINESIS_CONNECT_TIMEOUT_MILLISECONDS: integer(1, 60_000).default(3_000),
  KINESIS_REQUEST_TIMEOUT_MILLISECONDS: integer(1, 120_000).default(15_000),

  CONSUMER_GROUP: z.string().min(1).max(128).default(SYSTEM_NAME),
  LEASE_STORE: z.enum(['file', 'kubernetes']).default('file'),
  LEASE_FILE: z.string().default('leases.json'),
  POD_NAME: z.string().default(hostname),
  POD_NAMESPACE: z.string().optional(),
  /** Without a sign of life for so long, an owner has lost its shards. */
  LEASE_SECONDS: decimal(1, 300).default(10),
  /** How long a shard's owner may take to finish what is in flight before it gives the shard up. */
  HAND_OFF_SECONDS: decimal(0.1, 300).default(5),
  SHARD_SYNC_SECONDS: decimal(1, 3600).default(30),
  /** What to do where records were deleted by retention before they were read. */
  ON_TRIMMED: z.enum(['stop', 'continue']).default('stop'),

  START_POSITION: z.enum(['TRIM_HORIZON', 'LATEST', 'AT_TIMESTAMP']).default('TRIM_HORIZON'),
  /** For AT_TIMESTAMP, e.g. 2026-01-31T12:00:00Z. */
  START_TIMESTAMP: z.iso.datetime({ offset: true }).transform(Date.parse).optional(),
  /** How shards are read: `fan-out` has Kinesis push to a consumer registered as CONSUMER_GROUP, and polls where that fails. */
  READER: z.enum(['polling', 'fan-out']).default('polling'),
  POLL_INTERVAL_MILLISECONDS: integer(0, 60_000).default(250),
  /** Records a read. Larger ones outlive the garbage collector's young generation; this is more than a shard gives at four reads a second. */
  READ_LIMIT: integer(1, 10_000).default(2_000),
  /** PutRecords takes 500. */
  BATCH_SIZE: integer(1, 10_000).default(500),
  BATCH_WINDOW_MILLISECONDS: integer(0, 300_000).default(0),
  /** Batches of one shard that are processed at the same time; records of one partition key stay in order. */
  PARALLELIZATION_FACTOR: integer(1, 10).default(1),
  /** Further tries of a batch before its records become dead letters; -1: for ever. */
  MAX_RETRIES: integer(-1, 10_000).default(3),
  /** Older records become dead letters; -1: none is too old. */
  MAX_RECORD_AGE_SECONDS: integer(-1, 604_800).default(-1),
  /** Split a failing batch until the record that fails is alone. */
  BISECT_ON_ERROR: flag().default(true),
  /** `kpl` packs decisions into aggregates of the Kinesis Producer Library: for more than 1,000 a second and output shard. */
  OUTPUT_AGGREGATION: z.enum(['none', 'kpl']).default('none'),
  MAX_IN_FLIGHT_BYTES: integer(1, 8 * 1024 ** 3).default(64 * 1024 ** 2),
} satisfies Record<StreamVariable, z.ZodType>);

/** The consumer's environment; the retry, age, bisect, batch and position knobs mean what they mean on AWS Lambda's event source mapping. */
export const streamSettings = settings
  .refine((value) => value.LEASE_STORE !== 'kubernetes' || value.POD_NAMESPACE !== undefined, {
    path: ['POD_NAMESPACE'],
    error: 'is needed with LEASE_STORE=kubernetes, which keeps its leases in it',
  })
  .refine((value) => value.START_POSITION !== 'AT_TIMESTAMP' || value.START_TIMESTAMP !== undefined, {
    path: ['START_TIMESTAMP'],
    error: 'is needed with START_POSITION=AT_TIMESTAMP',
  });

export type StreamSettings = z.output<typeof streamSettings> & { readonly INPUT_STREAM: string };
