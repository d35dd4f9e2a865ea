import { hash } from 'node:crypto';
import type { Batch, Outcome, RecordProcessor, StreamRecord } from '../../../services/stream/record.ts';

/** A record that EchoProcessor publishes. */
export interface Echo {
  readonly key: string;
  /** Data of the input record. */
  readonly text: string;
  readonly decisionId: string;
  readonly shardId: string;
  readonly sequenceNumber: string;
  readonly subSequenceNumber: number;
  readonly epoch: number;
  readonly code?: string;
}

/** Publishes each record unchanged, under the same partition key. */
export class EchoProcessor implements RecordProcessor {
  readonly #before: (batch: Batch) => void | Promise<void>;

  constructor(before: (batch: Batch) => void | Promise<void> = () => {}) {
    this.#before = before;
  }

  async process(batch: Batch): Promise<readonly Outcome[]> {
    await this.#before(batch);
    return batch.records.map((record) => outcome('decision', batch, record));
  }

  reject(batch: Batch, record: StreamRecord, { code }: { code: string }): Outcome {
    return outcome('rejection', batch, record, code);
  }

  published(): void {}
}

export function textOf(record: StreamRecord): string {
  return Buffer.from(record.data).toString();
}

function outcome(kind: Outcome['kind'], batch: Batch, record: StreamRecord, code?: string): Outcome {
  const { partitionKey: key, sequenceNumber, subSequenceNumber } = record;
  const { shardId, epoch } = batch;
  const decisionId = hash('sha1', `${batch.stream}/${shardId}/${sequenceNumber}/${subSequenceNumber}`);
  const echo: Echo = {
    key,
    text: textOf(record),
    decisionId,
    shardId,
    sequenceNumber,
    subSequenceNumber,
    epoch,
    ...(code ? { code } : {}),
  };
  return { kind, partitionKey: key, data: Buffer.from(JSON.stringify(echo)) };
}
