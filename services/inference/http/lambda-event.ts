import { z } from 'zod';
import type { Batch, RecordProcessor, Rejection } from '../record.ts';

const eventSchema = z.object({
  Records: z
    .array(
      z.object({
        eventID: z.string().default(''),
        eventSourceARN: z.string().default(''),
        kinesis: z.object({
          data: z.base64(),
          partitionKey: z.string().default(''),
          sequenceNumber: z.string().regex(/^\d*$/).default(''),
          approximateArrivalTimestamp: z.number().default(0),
        }),
      }),
    )
    .max(10_000),
});

export interface LambdaAnswer {
  /** Output records, as a stream would get them. */
  readonly predictions: readonly unknown[];
  /** Dead letters of the records that got no decision. */
  readonly rejections: readonly unknown[];
}

const RECORDS_KEY = /^\s*\{\s*"Records"/;

/** Whether the body is what AWS Lambda hands to a function behind a Kinesis stream. */
export function isLambdaEvent(body: Uint8Array): boolean {
  return RECORDS_KEY.test(
    Buffer.from(body.buffer, body.byteOffset, Math.min(body.length, 64)).toString('latin1'),
  );
}

export async function decideLambdaEvent(
  body: Uint8Array,
  processor: RecordProcessor,
  signal: AbortSignal,
): Promise<LambdaAnswer | { readonly rejection: Rejection }> {
  const event = eventSchema.safeParse(parse(body));
  if (!event.success) {
    const [issue] = event.error.issues;
    const message = `the event is not that of a Kinesis trigger: ${issue?.path.join('.')}: ${issue?.message}`;
    return { rejection: { code: 'invalid_envelope', message, field: 'Records' } };
  }
  const batch = batchOf(event.data);
  const outcomes = await processor.process(batch, signal);
  processor.published(batch);
  const decode = (kind: 'decision' | 'rejection') =>
    outcomes
      .filter((outcome) => outcome.kind === kind)
      .map((outcome) => JSON.parse(Buffer.from(outcome.data).toString()));
  return { predictions: decode('decision'), rejections: decode('rejection') };
}

/** `eventID` is `<shard>:<sequence number>`; one event holds records of one shard. */
function batchOf({ Records: records }: z.output<typeof eventSchema>): Batch {
  const [first] = records;
  return {
    stream: first?.eventSourceARN.split('/').at(-1) ?? '',
    shardId: first?.eventID.split(':')[0] ?? '',
    epoch: 0,
    records: records.map(({ kinesis }) => ({
      data: Buffer.from(kinesis.data, 'base64'),
      partitionKey: kinesis.partitionKey,
      sequenceNumber: kinesis.sequenceNumber,
      subSequenceNumber: 0,
      arrivalMilliseconds: Math.round(kinesis.approximateArrivalTimestamp * 1000),
    })),
  };
}

function parse(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString());
  } catch {
    return undefined;
  }
}
