import { describe, expect, test } from '@jest/globals';
import { Registry } from 'prom-client';
import { createStreamMetrics } from '../../../../services/stream/metrics.ts';
import type { Batch, Outcome } from '../../../../services/stream/record.ts';
import { CarefulProcessor } from '../../../../services/stream/shard/careful-processor.ts';
import { ProcessorGate } from '../../../../services/stream/shard/processor-gate.ts';
import { RecordTrial } from '../../../../services/stream/shard/record-trial.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { type Echo, EchoProcessor } from '../../../support/stream/echo-processor.ts';
import { recordingLogger } from '../../../support/stream/recording-logger.ts';
import { recordAt } from '../../../support/stream/stream-record.ts';

const POSITION = `${recordAt(0).sequenceNumber}:0`;

function batchOf(count: number): Batch {
  const records = Array.from({ length: count }, (_, index) => recordAt(index));
  return { stream: 'in', shardId: 'shard-0', epoch: 1, records };
}

function world(options: { readonly condemned?: string; readonly before?: () => void | Promise<void> } = {}) {
  const events: string[] = [];
  const lost = new AbortController();
  const inner = new EchoProcessor(async () => {
    events.push('process');
    await options.before?.();
  });
  const note = async (position: string | undefined) => {
    lost.signal.throwIfAborted();
    events.push(`note ${position}`);
  };
  const trial = new RecordTrial(
    { condemned: options.condemned, uncleanEnds: 3, note },
    new ProcessorGate(new ManualClock()),
  );
  const { logger, messages } = recordingLogger();
  const metrics = createStreamMetrics(new Registry());
  const processor = new CarefulProcessor({ processor: inner, trial, logger, metrics });
  return { processor, events, messages, lost };
}

function codes(outcomes: readonly Outcome[]): (string | undefined)[] {
  return outcomes.map(({ data }) => (JSON.parse(Buffer.from(data).toString()) as Echo).code);
}

describe('careful processor', () => {
  test('notes what it has in hand before, and that it is done after', async () => {
    const { processor, events, lost } = world();
    expect(codes(await processor.process(batchOf(1), lost.signal))).toEqual([undefined]);
    await processor.process(batchOf(5), lost.signal);
    expect(events).toEqual([
      `note ${POSITION}`,
      'process',
      'note undefined',
      `note ${POSITION}+4`,
      'process',
      'note undefined',
    ]);
  });

  test('a record on which the processor fails is not in hand any more', async () => {
    const { processor, events, lost } = world({
      before: () => {
        throw new Error('no model');
      },
    });
    await expect(processor.process(batchOf(1), lost.signal)).rejects.toThrow('no model');
    expect(events.at(-1)).toBe('note undefined');
  });

  test('makes the condemned record a dead letter without processing it, and says so', async () => {
    const { processor, events, messages, lost } = world({ condemned: POSITION });
    const outcomes = await processor.process(batchOf(1), lost.signal);
    expect(codes(outcomes)).toEqual(['poison']);
    expect(outcomes).toMatchObject([{ kind: 'rejection' }]);
    expect(events).toEqual([]);
    expect(messages).toEqual([expect.stringContaining('it becomes a dead letter')]);
  });

  test('ends with the lease, even if the processor does not', async () => {
    const { processor, lost } = world({ before: () => new Promise<void>(() => {}) });
    const processed = processor.process(batchOf(1), lost.signal);
    await new Promise(setImmediate);
    lost.abort(new Error('lease lost'));
    await expect(processed).rejects.toThrow('lease lost');
  });
});
