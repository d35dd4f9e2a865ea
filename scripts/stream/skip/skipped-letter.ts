import { encodeDeadLetter, payloadObject } from '../../../services/inference/decision/dead-letter.ts';
import { decisionId } from '../../../services/inference/decision/decision-id.ts';
import { SYSTEM_NAME } from '../../../services/shared/agreements/kubernetes-names.ts';
import type { StoredObject, StreamRecord } from '../../../services/stream/record.ts';

export interface SkippedRecord {
  readonly stream: string;
  readonly shardId: string;
  readonly epoch: number;
  readonly objectPrefix: string | undefined;
  readonly record: StreamRecord;
  /** Why the record is skipped, in the person's words. */
  readonly reason: string | undefined;
  readonly nowMilliseconds: number;
}

export interface SkippedLetter {
  readonly data: Uint8Array;
  /** The whole payload, to be stored before the dead letter is put. Undefined if the dead letter names no object. */
  readonly object: StoredObject | undefined;
}

/** The dead letter of a skipped record. It has the id that the record's decision would have. */
export function skippedLetter({
  stream,
  shardId,
  epoch,
  objectPrefix,
  record,
  reason,
  nowMilliseconds,
}: SkippedRecord): SkippedLetter {
  const batch = { stream, shardId, epoch, objectPrefix, records: [record] };
  const object = payloadObject(batch, record);
  const letter = {
    model: SYSTEM_NAME,
    modelVersion: '',
    requestId: '',
    decisionId: decisionId(batch, record),
    rejection: {
      code: 'skipped' as const,
      message:
        reason === undefined ? 'a person skipped the record' : `a person skipped the record: ${reason}`,
    },
    rejectedAtMilliseconds: nowMilliseconds,
  };
  return { data: encodeDeadLetter(letter, batch, record, object), object };
}
