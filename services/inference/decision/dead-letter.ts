import { hash } from 'node:crypto';
import type { Batch, Rejection, StreamRecord } from '../../stream/record.ts';

/** In base64 with all else this stays below the 1 MiB that Kinesis takes as a record. */
const PAYLOAD_LIMIT_BYTES = 720 * 1024;

export interface DeadLetter {
  readonly model: string;
  /** Empty where no model was loaded yet. */
  readonly modelVersion: string;
  readonly requestId: string;
  readonly decisionId: string;
  readonly rejection: Rejection;
  /** Milliseconds since the epoch. */
  readonly rejectedAtMilliseconds: number;
}

/** The record of the dead-letter stream: all that a person needs to find, understand and replay the input. */
export function encodeDeadLetter(letter: DeadLetter, batch: Batch, record: StreamRecord): Uint8Array {
  const { code, message, field } = letter.rejection;
  const payload = Buffer.from(record.data.buffer, record.data.byteOffset, record.data.byteLength);
  const truncated = payload.length > PAYLOAD_LIMIT_BYTES;
  return Buffer.from(
    JSON.stringify({
      model: letter.model,
      model_version: letter.modelVersion,
      ...(letter.requestId === '' ? {} : { request_id: letter.requestId }),
      decision_id: letter.decisionId,
      error: { code, message, ...(field === undefined ? {} : { field }) },
      stream: batch.stream,
      shard_id: batch.shardId,
      sequence_number: record.sequenceNumber,
      sub_sequence_number: record.subSequenceNumber,
      partition_key: record.partitionKey,
      arrived_at: new Date(record.arrivalMilliseconds).toISOString(),
      epoch: batch.epoch,
      payload: payload.subarray(0, PAYLOAD_LIMIT_BYTES).toString('base64'),
      ...(truncated
        ? { payload_bytes: payload.length, payload_sha256: hash('sha256', payload), payload_truncated: true }
        : {}),
      rejected_at: new Date(letter.rejectedAtMilliseconds).toISOString(),
    }),
  );
}
