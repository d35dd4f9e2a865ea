import type { Clock } from '../../shared/clock.ts';
import type { Batch, Outcome, StreamRecord } from '../../stream/record.ts';
import { encodeDeadLetter } from './dead-letter.ts';
import { decisionId } from './decision-id.ts';
import type { DecodeFailure } from './decode/application-decoder.ts';
import type { ModelRouter } from './route/model-router.ts';

export interface RejectionOutcomeOptions {
  /** For dead letters while no model is loaded. */
  readonly modelName: string;
  readonly router: ModelRouter;
  readonly clock: Clock;
}

/** What is published for a record that got no decision. It keeps the record's key, and so its order. */
export function rejectionOutcome(
  { modelName, router, clock }: RejectionOutcomeOptions,
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
  return {
    kind: 'rejection',
    partitionKey: record.partitionKey,
    data: encodeDeadLetter(letter, batch, record),
  };
}
