import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { deadLetterRecordSchema } from '../../shared/agreements/dead-letter-record.ts';
import { decisionRecordSchema } from '../../shared/agreements/decision-record.ts';
import type { Logger } from '../../shared/logging.ts';
import { streamNameOf } from '../../shared/stream-reference.ts';
import { bisectBatch, type ProcessedBatch } from '../../stream/bisect-batch.ts';
import { processWithoutGivenUp } from '../../stream/given-up.ts';
import { openInPortions } from '../../stream/kpl/aggregate.ts';
import type { Batch, RecordProcessor, StreamRecord } from '../../stream/record.ts';
import { peekRequestId } from '../decision/decode/application-decoder.ts';
import type { Rejection } from '../decision/rejection.ts';
import { ScoringError } from '../model/model.ts';
import { parseRequestJson } from './request-json.ts';

/** End of the year 9999. ISO 8601 and `Date` need more digits for later times. */
const LATEST_SECONDS = 253_402_300_799;

export const lambdaEventSchema = z
  .object({
    Records: z
      .array(
        z.object({
          eventID: z.string().max(256).default('').describe('Shard, colon, sequence number.'),
          eventSourceARN: z.string().max(2048).default('').describe('ARN of the stream.'),
          kinesis: z
            .object({
              data: z.base64().describe('Application in base64. A KPL aggregate is opened.'),
              partitionKey: z
                .string()
                // 256 characters in UTF-16.
                .max(512)
                .default('')
                .describe('Decides between stable and candidate. Absent: the request id decides.'),
              sequenceNumber: z
                .string()
                .max(128)
                .regex(/^\d*$/)
                .default('')
                .describe('Part of the decision id. Absent: the decision id is random.'),
              approximateArrivalTimestamp: z
                .number()
                .min(0)
                .max(LATEST_SECONDS)
                .default(0)
                .describe('Time of arrival, seconds since 1970.'),
            })
            .describe('The record.'),
        }),
      )
      .max(10_000)
      .describe('Records of one shard.'),
  })
  .meta({ title: 'LambdaEvent' });

export interface LambdaEventOptions {
  /** Decides the records as it decides records of a stream. */
  readonly processor: RecordProcessor;
  readonly maximumBytes: number;
  readonly logger: Logger;
}

export const lambdaAnswerSchema = z
  .object({
    predictions: z
      .array(decisionRecordSchema)
      .readonly()
      .describe('Decisions, as the output stream gets them.'),
    rejections: z.array(deadLetterRecordSchema).readonly().describe('Dead letters of the invalid records.'),
  })
  .meta({ title: 'LambdaAnswer' });

type LambdaAnswer = z.output<typeof lambdaAnswerSchema>;

/** Most records of one event after its aggregates are opened. An event of 8 MiB could hold millions of empty records. */
const MAXIMUM_RECORDS = 100_000;

const RECORDS_KEY = /^\s*\{\s*"Records"/;

type LambdaEvent = z.output<typeof lambdaEventSchema>;

/**
 * Reads the event that AWS Lambda passes to a function behind a Kinesis stream: an object with `Records` and without the
 * `input` of an application. Undefined if the body is something else.
 */
export function readLambdaEvent(
  body: Uint8Array,
): LambdaEvent | { readonly rejection: Rejection } | undefined {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.length);
  if (!bytes.includes('"Records"')) return undefined;
  const { json, refusal } = parseRequestJson(body, 'the event');
  if (refusal !== undefined) {
    const begins = RECORDS_KEY.test(bytes.toString('latin1', 0, 64));
    return begins ? { rejection: invalidEvent(refusal) } : undefined;
  }
  if (!isEvent(json)) return undefined;
  const event = lambdaEventSchema.safeParse(json);
  if (event.success) return event.data;
  const [issue] = event.error.issues;
  const message = `the event is not an event of a Kinesis trigger: ${issue?.path.join('.')}: ${issue?.message}`;
  return { rejection: invalidEvent(message) };
}

function isEvent(json: unknown): boolean {
  return typeof json === 'object' && json !== null && 'Records' in json && !('input' in json);
}

export async function decideLambdaEvent(
  event: LambdaEvent,
  options: LambdaEventOptions,
  signal: AbortSignal,
): Promise<LambdaAnswer | { readonly rejection: Rejection }> {
  const batch = batchOf(event, options.maximumBytes);
  if (batch === undefined) {
    const message = `the KPL aggregates of the event hold more than ${MAXIMUM_RECORDS} records: send fewer at a time`;
    return { rejection: { code: 'invalid_aggregate', message, field: 'Records' } };
  }
  const { outcomes, batches } = await processWithoutGivenUp(batch, {
    giveUps: batch.records.map(({ giveUp }) => giveUp),
    process: (rest) => decideRecords(rest, options, signal),
    reject: (record, giveUp) => options.processor.reject(batch, record, giveUp),
  });
  for (const batch of batches) options.processor.published(batch);
  const decode = (kind: 'decision' | 'rejection') =>
    outcomes
      .filter((outcome) => outcome.kind === kind)
      .map((outcome) => JSON.parse(Buffer.from(outcome.data).toString()));
  return { predictions: decode('decision'), rejections: decode('rejection') };
}

function invalidEvent(message: string): Rejection {
  return { code: 'invalid_envelope', message, field: 'Records' };
}

/** As on the stream, a batch on which scoring fails is bisected until the failing records are alone. */
async function decideRecords(
  batch: Batch,
  options: LambdaEventOptions,
  signal: AbortSignal,
): Promise<ProcessedBatch> {
  const { processor, logger } = options;
  const { records } = batch;
  try {
    return { outcomes: await processor.process(batch, signal), batches: [batch] };
  } catch (error) {
    if (!(error instanceof ScoringError)) throw error;
    if (records.length === 1) {
      logger.error({ error }, 'scoring failed on a record of a Lambda event');
      const rejection = { code: 'retries_exhausted', message: 'scoring failed on this record' } as const;
      return { outcomes: [processor.reject(batch, records[0] as StreamRecord, rejection)], batches: [] };
    }
  }
  return bisectBatch(batch, (half) => decideRecords(half, options, signal));
}

/**
 * `eventID` is `<shard>:<sequence number>`. One event holds records of one shard. Only the data is required.
 * @returns undefined if the event holds too many records
 */
function batchOf({ Records: records }: LambdaEvent, maximumBytes: number): Batch | undefined {
  const [first] = records;
  const sent = records.map(({ kinesis }) => ({
    data: Buffer.from(kinesis.data, 'base64'),
    partitionKey: kinesis.partitionKey,
    sequenceNumber: kinesis.sequenceNumber,
    subSequenceNumber: 0,
    arrivalMilliseconds: Math.round(kinesis.approximateArrivalTimestamp * 1000),
  }));
  const opened: StreamRecord[] = [];
  for (const portion of openInPortions(sent)) {
    for (const record of portion) opened.push(record);
    if (opened.length > MAXIMUM_RECORDS) return undefined;
  }
  return {
    stream: streamNameOf(first?.eventSourceARN ?? ''),
    shardId: first?.eventID.split(':')[0] ?? '',
    epoch: 0,
    records: opened.map((record) => ({
      ...record,
      // With one key for all records, a canary would decide either all records or none.
      partitionKey: record.partitionKey || peekRequestId(record.data, maximumBytes) || randomUUID(),
    })),
  };
}
