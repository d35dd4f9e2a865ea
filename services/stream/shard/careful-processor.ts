import type { Logger } from '../../shared/logging.ts';
import type { StreamMetrics } from '../metrics.ts';
import type { Batch, GiveUp, Outcome, RecordProcessor, StreamRecord } from '../record.ts';
import { batchPosition, unopenedPosition } from './record-position.ts';
import type { RecordTrial } from './record-trial.ts';

export interface CarefulProcessorOptions {
  readonly processor: RecordProcessor;
  readonly trial: RecordTrial;
  readonly logger: Logger;
  readonly metrics: StreamMetrics;
}

/** Has each batch processed alone in the process. The condemned record becomes a dead letter without being processed. */
export class CarefulProcessor implements RecordProcessor {
  readonly #options: CarefulProcessorOptions;

  constructor(options: CarefulProcessorOptions) {
    this.#options = options;
  }

  async process(batch: Batch, signal: AbortSignal): Promise<readonly Outcome[]> {
    const { processor, trial } = this.#options;
    const position = batchPosition(batch.records);
    const [first] = batch.records;
    if (first === undefined) return [];
    if (trial.isCondemned(position) || trial.isCondemned(unopenedPosition(first))) {
      return [this.#condemn(batch, first)];
    }
    return trial.run(position, () => processor.process(batch, signal), signal);
  }

  reject(batch: Batch, record: StreamRecord, giveUp: GiveUp): Outcome {
    return this.#options.processor.reject(batch, record, giveUp);
  }

  published(batch: Batch): void {
    this.#options.processor.published(batch);
  }

  #condemn(batch: Batch, record: StreamRecord): Outcome {
    const { processor, trial, logger, metrics } = this.#options;
    const { shardId } = batch;
    const { sequenceNumber, subSequenceNumber } = record;
    const attempts = trial.uncleanEnds;
    logger.error(
      { shardId, sequenceNumber, subSequenceNumber, bytes: record.data.length, attempts },
      'a record ended its process or held it until the lease was lost, the last time alone: it becomes a dead letter',
    );
    metrics.giveUps.inc({ reason: 'poison' });
    const message = `the shard lost its owner ${attempts} times in a row at this record: processing it crashed the process or held it until the lease expired`;
    return processor.reject(batch, record, { code: 'poison', message });
  }
}
