import { hash } from 'node:crypto';
import type { DeadLetterRecord } from '../../shared/agreements/dead-letter-record.ts';
import type { Clock } from '../../shared/clock.ts';
import type { Batch, Outcome, StoredObject, StreamRecord } from '../../stream/record.ts';
import { decisionId } from './decision-id.ts';
import type { DecodeFailure } from './decode/application-decoder.ts';
import type { Rejection } from './rejection.ts';
import type { ModelRouter } from './route/model-router.ts';

/** In base64, with all other members, a payload of this size stays below the 1 MiB that Kinesis takes as a record. */
const PAYLOAD_LIMIT_BYTES = 720 * 1024;

export interface DeadLetter {
  readonly model: string;
  /** Empty if no model was loaded. */
  readonly modelVersion: string;
  /** Empty if the record has no readable request id. */
  readonly requestId: string;
  readonly decisionId: string;
  readonly rejection: Rejection;
  /** Milliseconds since the epoch. */
  readonly rejectedAtMilliseconds: number;
}

export interface DeadLetterOptions {
  /** Registered model, for dead letters while no model is loaded. */
  readonly modelName: string;
  readonly router: ModelRouter;
  readonly clock: Clock;
}

/** The dead letter of an invalid record. It keeps the record's partition key. */
export function deadLetterOutcome(
  { modelName, router, clock }: DeadLetterOptions,
  batch: Batch,
  record: StreamRecord,
  { rejection, requestId }: DecodeFailure,
): Outcome {
  const letter = {
    model: modelName,
    modelVersion: router.stable?.model.identity.version ?? '',
    requestId,
    decisionId: decisionId(batch, record),
    rejection,
    rejectedAtMilliseconds: clock.now(),
  };
  const object = payloadObject(batch, record);
  return {
    kind: 'rejection',
    partitionKey: record.partitionKey,
    data: encodeDeadLetter(letter, batch, record, object),
    ...(object === undefined ? {} : { object }),
  };
}

/** The object with the whole payload. Undefined if the payload fits into the dead letter, or if objects are not stored. */
export function payloadObject(batch: Batch, { data, ...record }: StreamRecord): StoredObject | undefined {
  const { objectPrefix, stream, shardId } = batch;
  if (objectPrefix === undefined || data.length <= PAYLOAD_LIMIT_BYTES) return undefined;
  // Every repeat of the record writes the same object.
  const name = `${record.sequenceNumber}-${record.subSequenceNumber}`;
  return { uri: `${objectPrefix}/${stream}/${shardId}/${name}`, data, sha256: hash('sha256', data) };
}

/**
 * A record of the dead-letter stream, as UTF-8 JSON.
 * @param object holds the whole payload, if the payload is truncated and objects are stored
 */
export function encodeDeadLetter(
  letter: DeadLetter,
  batch: Batch,
  record: StreamRecord,
  object?: StoredObject,
): Uint8Array {
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
        ? {
            payload_bytes: payload.length,
            payload_sha256: object?.sha256 ?? hash('sha256', payload),
            payload_truncated: true,
            ...(object === undefined ? {} : { payload_s3_uri: object.uri }),
          }
        : {}),
      rejected_at: new Date(letter.rejectedAtMilliseconds).toISOString(),
    } satisfies DeadLetterRecord),
  );
}
