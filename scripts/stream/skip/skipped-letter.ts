import { encodeDeadLetter } from '../../../services/inference/decision/dead-letter.ts';
import { decisionId } from '../../../services/inference/decision/decision-id.ts';
import { SYSTEM_NAME } from '../../../services/shared/agreements/kubernetes-names.ts';
import type { StreamRecord } from '../../../services/stream/record.ts';

export interface SkippedRecord {
  readonly stream: string;
  readonly shardId: string;
  readonly epoch: number;
  readonly record: StreamRecord;
  /** Why the record is skipped, in the person's words. */
  readonly reason: string | undefined;
  readonly nowMilliseconds: number;
}

/** The dead letter of a skipped record. It has the id that the record's decision would have. */
export function skippedLetter({
  stream,
  shardId,
  epoch,
  record,
  reason,
  nowMilliseconds,
}: SkippedRecord): Uint8Array {
  const batch = { stream, shardId, epoch, records: [record] };
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
  return encodeDeadLetter(letter, batch, record);
}
