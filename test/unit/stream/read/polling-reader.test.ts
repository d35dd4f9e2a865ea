import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createLogger } from '../../../../services/shared/logging.ts';
import type { IteratorStart, Shard, StreamClient } from '../../../../services/stream/client/stream-client.ts';
import { StreamError } from '../../../../services/stream/client/stream-error.ts';
import { readBytes } from '../../../../services/stream/read/read-memory.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { textOf } from '../../../support/stream/echo-processor.ts';
import { pollingReader } from '../../../support/stream/polling-reader.ts';
import { recordAt } from '../../../support/stream/stream-record.ts';

const logger = createLogger({ component: 'test', level: 'silent' });
const SHARD: Shard = {
  shardId: 'shard-0',
  parents: [],
  hashRange: { start: '0', end: '1' },
  closed: false,
};

function world(client: Partial<StreamClient>) {
  const clock = new ManualClock();
  const stopping = new AbortController();
  const { reader, ...reports } = pollingReader({
    client,
    clock,
    logger,
    intervalMilliseconds: 1,
    maximumMilliseconds: 1,
  });
  const reads = reader.read({ type: 'TRIM_HORIZON' }, stopping.signal);
  return { clock, stopping, reads, ...reports };
}

test('the problem of a reader ends with its reading', async () => {
  const { reads, health, stopping } = world({
    iterator: async () => {
      throw new StreamError('unavailable', 'ECONNREFUSED');
    },
  });
  const read = reads.next();
  while (health.message === '') await new Promise(setImmediate);
  const reason = new Error('lease lost');
  stopping.abort(reason);
  await expect(read).rejects.toBe(reason);
  expect(health.message).toBe('');
});

/** What the stream answers to one read. `lost`: no next iterator, although the shard is open. */
type Answer = 'records' | 'empty' | 'lost' | 'lost records' | 'list fails';

/** Reads a shard that gives these answers, and then ends. Records are numbered. */
async function readThrough(answers: readonly Answer[], end: 'children' | 'closed') {
  let at = 0;
  let records = 0;
  const starts: IteratorStart[] = [];
  const { clock, reads, share, metricsRegistry } = world({
    iterator: async (_stream, _shardId, start) => {
      starts.push(start);
      return 'iterator';
    },
    read: async () => {
      const answer = answers[at++];
      const isEnd = answer === undefined;
      const hasRecords = answer === 'records' || answer === 'lost records';
      return {
        records: hasRecords ? [recordAt(records++)] : [],
        nextIterator: answer === 'records' || answer === 'empty' ? 'iterator' : undefined,
        namesChildren: isEnd && end === 'children',
        behindMilliseconds: 0,
      };
    },
    listShards: async () => {
      if (answers[at - 1] === 'list fails') throw new StreamError('unavailable', 'no list');
      return [{ ...SHARD, closed: at > answers.length }];
    },
  });
  const texts: string[] = [];
  for (let done = false; !done; ) {
    let settled = false;
    const next = reads.next().finally(() => {
      settled = true;
    });
    while (!settled) {
      await new Promise(setImmediate);
      if (!settled) clock.advance(clock.nextWakeMilliseconds ?? 0);
    }
    const read = await next;
    done = read.done === true;
    if (!read.value) continue;
    texts.push(...read.value.records.map(textOf));
    share.add(-readBytes(read.value.records));
  }
  return { texts, starts, records, metricsRegistry };
}

describe('the end of a shard', () => {
  test.each(['children', 'closed'] as const)('is proven: %s', async (end) => {
    const { texts } = await readThrough(['records'], end);
    expect(texts).toEqual(['0']);
  });

  test('is not proven by an answer without a next iterator: reading goes on after the last record', async () => {
    const { texts, starts, metricsRegistry } = await readThrough(['lost records', 'records'], 'children');
    expect(texts).toEqual(['0', '1']);
    const after = { type: 'AFTER_SEQUENCE_NUMBER', sequenceNumber: recordAt(0).sequenceNumber };
    expect(starts).toEqual([{ type: 'TRIM_HORIZON' }, after]);
    const metric = await metricsRegistry.getSingleMetric('kinesis_unproven_ends_total')?.get();
    expect(metric?.values).toMatchObject([{ value: 1 }]);
  });

  test('whatever comes before it, every record is delivered once, in order', async () => {
    const answer = fc.constantFrom<Answer>('records', 'empty', 'lost', 'lost records', 'list fails');
    await fc.assert(
      fc.asyncProperty(
        fc.array(answer, { maxLength: 20 }),
        fc.constantFrom('children' as const, 'closed' as const),
        async (answers, end) => {
          const { texts, records } = await readThrough(answers, end);
          expect(texts).toEqual(Array.from({ length: records }, (_, index) => String(index)));
          expect(records).toBe(answers.filter((it) => it.endsWith('records')).length);
        },
      ),
      { numRuns: 50 },
    );
  });
});
