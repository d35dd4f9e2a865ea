import { describe, expect, test } from '@jest/globals';
import { openAggregates } from '../../../../services/stream/kpl/aggregate.ts';
import type { StreamRecord } from '../../../../services/stream/record.ts';
import { openCarefully } from '../../../../services/stream/shard/careful-opening.ts';
import { ProcessorGate } from '../../../../services/stream/shard/processor-gate.ts';
import { RecordTrial } from '../../../../services/stream/shard/record-trial.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { textOf } from '../../../support/stream/echo-processor.ts';
import { kplAggregate } from '../../../support/stream/kpl-aggregate.ts';
import { recordAt } from '../../../support/stream/stream-record.ts';

const { signal } = new AbortController();

function aggregateAt(index: number, texts: readonly string[]): StreamRecord {
  const parts = texts.map((text) => ({ partitionKey: 'k', data: Buffer.from(text) }));
  return recordAt(index, { data: kplAggregate(parts) });
}

/** Opens `records` and reports each step, and what the lease names while it is made. */
async function stepsOf(records: readonly StreamRecord[], condemned?: string) {
  const noted: (string | undefined)[] = [];
  const note = async (position: string | undefined) => void noted.push(position);
  const trial = new RecordTrial({ condemned, uncleanEnds: 3, note }, new ProcessorGate(new ManualClock()));
  const steps: string[][] = [];
  const open = openCarefully(trial, signal);
  for await (const step of open(records, (it) => openAggregates(it))) steps.push(step.map(textOf));
  return { steps, noted };
}

describe('careful opening', () => {
  test('the lease names each aggregate before it is opened, and the records between them stay together', async () => {
    const aggregate = aggregateAt(2, ['a', 'b']);
    const { steps, noted } = await stepsOf([recordAt(0), recordAt(1), aggregate, recordAt(3)]);
    expect(steps).toEqual([['0', '1'], ['a', 'b'], ['3']]);
    expect(noted).toEqual([aggregate.sequenceNumber, undefined]);
  });

  test('a read without records is one step, because it may be the tip of the shard', async () => {
    expect(await stepsOf([])).toEqual({ steps: [[]], noted: [] });
  });

  test('the aggregate whose opening ended the process stays closed', async () => {
    const aggregate = aggregateAt(0, ['a', 'b']);
    const { steps, noted } = await stepsOf([aggregate], aggregate.sequenceNumber);
    expect(steps).toEqual([[textOf(aggregate)]]);
    expect(noted).toEqual([]);
  });

  test('an aggregate with the condemned record is opened, and the lease goes on naming the record', async () => {
    const aggregate = aggregateAt(0, ['a', 'b']);
    const { steps, noted } = await stepsOf([aggregate], `${aggregate.sequenceNumber}:1`);
    expect(steps).toEqual([['a', 'b']]);
    expect(noted).toEqual([]);
  });
});
