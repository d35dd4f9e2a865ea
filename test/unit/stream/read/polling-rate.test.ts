import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type {
  IteratorStart,
  ReadResult,
  StreamClient,
} from '../../../../services/stream/client/stream-client.ts';
import { StreamError, type StreamErrorKind } from '../../../../services/stream/client/stream-error.ts';
import { PositionLost, positionAfter } from '../../../../services/stream/read/shard-reader.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { pollingReader } from '../../../support/stream/polling-reader.ts';
import { recordingLogger } from '../../../support/stream/recording-logger.ts';
import { recordAt } from '../../../support/stream/stream-record.ts';

const ERRORS = [
  'expired_iterator',
  'throttled',
  'not_found',
  'invalid',
  'denied',
  'unavailable',
] as const satisfies readonly StreamErrorKind[];
const ANSWERS = [...ERRORS, 'records', 'empty', 'behind', 'ended', 'a cast error'] as const;
type Answer = (typeof ANSWERS)[number];

const NOTHING: ReadResult = {
  records: [],
  namesChildren: false,
  nextIterator: 'next',
  behindMilliseconds: 0,
};
const READS: Readonly<Partial<Record<Answer, ReadResult>>> = {
  records: { ...NOTHING, records: [recordAt(1)] },
  empty: NOTHING,
  behind: { ...NOTHING, behindMilliseconds: 60_000 },
  ended: { ...NOTHING, nextIterator: undefined },
};

interface Call {
  readonly operation: string;
  readonly at: number;
}

/** Reads with `answers`, then `rest` for ever. Whoever owns the shard reads on at once after an end. */
async function callsOf(
  answers: readonly Answer[],
  rest: Answer,
  forMilliseconds: number,
  latencies: readonly number[] = [],
) {
  const clock = new ManualClock();
  const { logger, lines } = recordingLogger();
  const calls: Call[] = [];
  const script = answers.values();
  const latency = latencies.values();
  const answer = async (operation: string, signal: AbortSignal): Promise<ReadResult> => {
    signal.throwIfAborted();
    calls.push({ operation, at: clock.monotonic() });
    const kind = script.next().value ?? rest;
    const wait = latency.next().value ?? 0;
    if (wait > 0) await clock.sleep(wait, signal);
    const read = READS[kind];
    if (read) return read;
    if (kind === 'a cast error') throw new TypeError('undefined is not iterable');
    throw new StreamError(kind as StreamErrorKind, kind);
  };
  const client: Partial<StreamClient> = {
    iterator: async (_stream, _shardId, _start, signal) => {
      await answer('GetShardIterator', signal);
      return 'first';
    },
    read: (_stream, _iterator, _limit, signal) => answer('GetRecords', signal),
    listShards: async () => [],
    describe: async () => ({ arn: '', retentionMilliseconds: 86_400_000, createdMilliseconds: 0 }),
  };
  const { reader, health } = pollingReader({
    client,
    clock,
    logger,
    intervalMilliseconds: 250,
    maximumMilliseconds: 1_000,
  });
  const stopping = new AbortController();
  const readOn = async () => {
    let position: IteratorStart = { type: 'TRIM_HORIZON' };
    while (!stopping.signal.aborted) {
      try {
        for await (const read of reader.read(position, stopping.signal)) {
          position = positionAfter(read, position);
        }
      } catch (error) {
        if (!(error instanceof PositionLost) && !stopping.signal.aborted) throw error;
      }
    }
  };
  const reading = readOn();
  const end = clock.monotonic() + forMilliseconds;
  for (;;) {
    await new Promise(setImmediate);
    const next = clock.nextWakeMilliseconds;
    if (next === undefined || clock.monotonic() + next > end) break;
    clock.advance(next);
  }
  const message = health.message;
  stopping.abort(new Error('stop'));
  await reading;
  const timesOf = (operation: string) => calls.filter((it) => it.operation === operation).map(({ at }) => at);
  return { reads: timesOf('GetRecords'), iterators: timesOf('GetShardIterator'), message, lines };
}

/** The most times within one second, wherever the second begins. */
function mostInOneSecond(times: readonly number[]): number {
  return Math.max(0, ...times.map((from) => times.filter((at) => at >= from && at < from + 1_000).length));
}

describe('a shard', () => {
  test('gets at most five GetRecords and five GetShardIterator a second, whatever the answers are', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(...ANSWERS), { maxLength: 60 }),
        fc.constantFrom(...ANSWERS),
        fc.array(fc.constantFrom(0, 0, 1, 40, 249, 250, 400, 15_000), { maxLength: 60 }),
        async (answers, rest, latencies) => {
          const { reads, iterators } = await callsOf(answers, rest, 30_000, latencies);
          expect(mostInOneSecond(reads)).toBeLessThanOrEqual(5);
          expect(mostInOneSecond(iterators)).toBeLessThanOrEqual(5);
        },
      ),
      { numRuns: 200 },
    );
  });

  test('that is idle is read less often, until a record comes or the reads are behind', async () => {
    const idle = ['empty', 'empty', 'empty', 'empty', 'empty', 'empty'] as const;
    for (const busy of ['records', 'behind'] as const) {
      const { reads } = await callsOf(
        ['empty', ...idle, busy, 'empty', 'empty', 'empty', 'empty'],
        'empty',
        9_000,
      );
      const waits = reads.slice(1).map((at, index) => at - (reads[index] as number));
      expect(waits.slice(0, 3)).toEqual([250, 250, 250]);
      expect(waits[3]).toBe(500);
      for (const wait of waits.slice(4, 6)) expect(wait).toBeGreaterThanOrEqual(750);
      expect(waits.slice(6, 10)).toEqual([250, 250, 250, 250]);
    }
  });

  test('whose iterator expired once gets another at once', async () => {
    const { iterators, reads } = await callsOf(
      ['empty', 'empty', 'expired_iterator', 'empty', 'empty'],
      'empty',
      600,
    );
    expect(iterators).toHaveLength(2);
    expect(reads[2]).toBe(reads[1]);
  });

  test('whose every iterator expires is asked about once or twice a second, and says so in log and state', async () => {
    const answers = Array.from(
      { length: 500 },
      (_, index) => (index % 2 === 0 ? 'empty' : 'expired_iterator') as Answer,
    );
    const { reads, iterators, message, lines } = await callsOf(answers, 'expired_iterator', 60_000);
    expect(reads.length).toBeLessThan(180);
    expect(iterators.length).toBeLessThan(180);
    expect(message).toContain('expired_iterator');
    const retries = lines.filter(({ operation }) => operation === 'GetRecords');
    expect(retries).toHaveLength(reads.length);
    expect(retries.at(-1)).toMatchObject({ shardId: 'shard-0', type: 'TRIM_HORIZON', tries: reads.length });
  });
});
