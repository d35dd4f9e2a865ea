import { describe, expect, test } from '@jest/globals';
import { Registry } from 'prom-client';
import { createLogger } from '../../../../services/shared/logging.ts';
import type { IteratorStart } from '../../../../services/stream/client/stream-client.ts';
import { StreamError } from '../../../../services/stream/client/stream-error.ts';
import { createStreamMetrics } from '../../../../services/stream/metrics.ts';
import { FallbackReader } from '../../../../services/stream/read/fallback-reader.ts';
import {
  FanOutUnavailable,
  PositionLost,
  type ShardRead,
  type ShardReader,
} from '../../../../services/stream/read/shard-reader.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { textOf } from '../../../support/stream/echo-processor.ts';
import { afterRecord, recordAt } from '../../../support/stream/stream-record.ts';

const MINUTE = 60_000;
const HORIZON = { type: 'TRIM_HORIZON' } as const;
const { signal } = new AbortController();

type Step = readonly number[] | Error | (() => void);

/** Plays one script for each call of `read`: delivers record numbers, throws errors and calls functions. */
function scripted(
  ...scripts: readonly (readonly Step[])[]
): ShardReader & { starts: IteratorStart[]; open: number } {
  const left = [...scripts];
  return {
    starts: [],
    open: 0,
    async *read(start): AsyncGenerator<ShardRead, void> {
      this.starts.push(start);
      this.open++;
      try {
        for (const step of left.shift() ?? []) {
          if (step instanceof Error) throw step;
          if (typeof step === 'function') step();
          else {
            const records = step.map((number) => recordAt(number));
            yield { records, behindMilliseconds: 0, ended: false };
          }
        }
      } finally {
        this.open--;
      }
    },
  };
}

const denied = new FanOutUnavailable(new StreamError('denied', 'no policy allows it'));

function world(fanOut: ShardReader, polling: ShardReader, clock = new ManualClock()) {
  const metricsRegistry = new Registry();
  const reader = new FallbackReader({
    fanOut,
    polling,
    shardId: 'shard-0',
    clock,
    random: () => 0.5,
    logger: createLogger({ component: 'test', level: 'silent' }),
    metrics: createStreamMetrics(metricsRegistry),
  });
  const read = async () => {
    const texts: string[] = [];
    for await (const { records } of reader.read(HORIZON, signal)) texts.push(...records.map(textOf));
    return texts;
  };
  return { read, metricsRegistry };
}

describe('fallback reader', () => {
  test('does not poll while fan-out works', async () => {
    const polling = scripted();
    const { read } = world(scripted([[0, 1], [2]]), polling);
    expect(await read()).toEqual(['0', '1', '2']);
    expect(polling.starts).toEqual([]);
  });

  test('polls on after the last record of fan-out, and reports why', async () => {
    const polling = scripted([[2], [], [3]]);
    const { read, metricsRegistry } = world(scripted([[0, 1], [], denied]), polling);
    expect(await read()).toEqual(['0', '1', '2', '3']);
    expect(polling.starts).toEqual([afterRecord(1)]);
    const metric = await metricsRegistry.getSingleMetric('kinesis_fan_out_fallbacks_total')?.get();
    expect(metric?.values).toMatchObject([{ value: 1, labels: { reason: 'denied' } }]);
  });

  test('polls from the start if fan-out delivered no record', async () => {
    const polling = scripted([[0]]);
    const { read } = world(scripted([denied]), polling);
    expect(await read()).toEqual(['0']);
    expect(polling.starts).toEqual([HORIZON]);
  });

  test('tries fan-out again after five minutes, after the last record of polling', async () => {
    const clock = new ManualClock();
    const fanOut = scripted([[0], denied], [[3, 4]]);
    const polling = scripted([
      [1],
      () => clock.advance(4.9 * MINUTE),
      [2],
      () => clock.advance(MINUTE),
      [],
      [9],
    ]);
    const { read } = world(fanOut, polling, clock);
    expect(await read()).toEqual(['0', '1', '2', '3', '4']);
    expect(fanOut.starts).toEqual([HORIZON, afterRecord(2)]);
    expect(polling.open).toBe(0);
  });

  test('passes on an error that polling cannot avoid', async () => {
    const { read } = world(scripted([denied]), scripted([[0], new PositionLost('gone')]));
    await expect(read()).rejects.toThrow(PositionLost);
  });
});
