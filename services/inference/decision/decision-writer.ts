import type { Batch, StreamRecord } from '../../stream/record.ts';
import type { ModelIdentity } from '../model/model.ts';
import type { Decision, Role } from './score/decision.ts';

/** Writes the output records of one model for one batch. It builds the parts that all records share only once. */
export class DecisionWriter {
  readonly #prefix: string;
  readonly #suffix: string;

  constructor(
    identity: ModelIdentity,
    decisionName: string,
    role: Role,
    batch: Pick<Batch, 'shardId' | 'epoch'>,
    scoredAt: string,
  ) {
    const text = JSON.stringify;
    this.#prefix = `{"model":${text(identity.name)},"model_version":${text(identity.version)},"prediction":{${text(decisionName)}:`;
    this.#suffix = `,"shard_id":${text(batch.shardId)},"epoch":${batch.epoch},"run_id":${text(identity.runId)},"digest":${text(identity.digest)},"role":"${role}","scored_at":"${scoredAt}"}`;
  }

  /** Builds the JSON by hand, because this is the hot path and only the request id can need escaping. */
  write(decision: Decision, requestId: string, decisionId: string, record: StreamRecord): Uint8Array {
    return Buffer.from(
      `${this.#prefix}${decision.positive},"request_id":${JSON.stringify(requestId)},"probability":${decision.probability},"reasons":[]},"decision_id":"${decisionId}","sequence_number":"${record.sequenceNumber}","sub_sequence_number":${record.subSequenceNumber}${this.#suffix}`,
    );
  }
}
