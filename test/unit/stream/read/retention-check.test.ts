import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Checkpoint } from '../../../../services/stream/checkpoint.ts';
import { planLeases, type StartPosition } from '../../../../services/stream/group/lease-plan.ts';
import { type ShardLease, unreadLease } from '../../../../services/stream/lease/shard-lease.ts';
import { doneThroughWithParents, unreadSince } from '../../../../services/stream/lease/unread-since.ts';
import { RetentionCheck } from '../../../../services/stream/read/retention-check.ts';
import { PositionLost } from '../../../../services/stream/read/shard-reader.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { recordingLogger } from '../../../support/stream/recording-logger.ts';
import { recordAt } from '../../../support/stream/stream-record.ts';

const { signal } = new AbortController();
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const START = Date.UTC(2026, 0, 1);
const hashRange = { start: '0', end: '10' };
const AFTER_RECORD: Checkpoint = { kind: 'record', sequenceNumber: '1' };
const HORIZON: Checkpoint = { kind: 'trim_horizon' };

type Facts = Partial<Pick<ShardLease, 'checkpoint' | 'doneThroughMilliseconds' | 'createdMilliseconds'>>;

function factsAt(nowMilliseconds: number) {
  return { nowMilliseconds, streamCreatedMilliseconds: 0 };
}

function leaseOf(facts: Facts): ShardLease {
  const shard = { shardId: 'shard-0', parents: [], hashRange, epoch: 1, checkpoint: AFTER_RECORD };
  return { ...unreadLease(shard), ...facts };
}

function world(lease: ShardLease, { skipLost = false, retentionHours = 24 } = {}) {
  const clock = new ManualClock(START);
  const { logger, messages } = recordingLogger();
  const stream = { retentionHours, looks: 0 };
  const check = new RetentionCheck({
    client: {
      describe: async () => {
        stream.looks++;
        return { arn: 'arn', retentionMilliseconds: stream.retentionHours * HOUR, createdMilliseconds: 0 };
      },
    },
    stream: 'in',
    shardId: 'shard-0',
    unreadSinceMilliseconds: unreadSince(lease),
    createdMilliseconds: lease.createdMilliseconds,
    skipLost,
    clock,
    serviceNow: () => clock.now(),
    logger,
  });
  return { clock, stream, check, messages };
}

/** True if the check tells of a loss at the start of reading, which is `milliseconds` after START. */
async function isTold(lease: ShardLease, milliseconds: number, retentionHours = 24): Promise<boolean> {
  const { clock, check } = world(lease, { retentionHours });
  clock.advance(milliseconds);
  return check.assertKept(signal).then(
    () => false,
    (error: unknown) => {
      expect(error).toBeInstanceOf(PositionLost);
      return true;
    },
  );
}

describe('retention check', () => {
  test('a position older than the retention is lost, and the message says since when', async () => {
    const { clock, check } = world(leaseOf({ doneThroughMilliseconds: START }));
    clock.advance(24 * HOUR);
    await check.assertKept(signal);
    clock.advance(1);
    const lost = check.assertKept(signal);
    await expect(lost).rejects.toThrow(PositionLost);
    await expect(lost).rejects.toThrow(/2026-01-01T00:00:00.000Z .* only 24 h/);
  });

  test.each([
    ['after a record', { checkpoint: AFTER_RECORD, doneThroughMilliseconds: START }],
    ['idle since it started at TRIM_HORIZON', { checkpoint: HORIZON, doneThroughMilliseconds: START }],
    ['at TRIM_HORIZON, never read', { checkpoint: HORIZON, createdMilliseconds: START }],
    ['at LATEST, never read', { checkpoint: { kind: 'timestamp', atMilliseconds: START } }],
    [
      'idle since it started at LATEST',
      {
        checkpoint: { kind: 'timestamp', atMilliseconds: START - HOUR },
        doneThroughMilliseconds: START,
        createdMilliseconds: START - HOUR,
      },
    ],
    [
      'never read, from a time before the lease',
      {
        checkpoint: { kind: 'timestamp', atMilliseconds: START - 50 * HOUR },
        createdMilliseconds: START,
      },
    ],
  ] as [string, Facts][])('a shard is lost after the retention: %s', async (_, facts) => {
    expect(await isTold(leaseOf(facts), 24 * HOUR)).toBe(false);
    expect(await isTold(leaseOf(facts), 30 * HOUR)).toBe(true);
    expect(await isTold(leaseOf(facts), 30 * HOUR, 48)).toBe(false);
  });

  test.each([
    ['of TRIM_HORIZON', HORIZON],
    ['at a time that the stream no longer keeps', { kind: 'timestamp', atMilliseconds: 1 }],
  ] as [string, Checkpoint][])('the first start %s is no loss', async (_, checkpoint) => {
    expect(await isTold(leaseOf({ checkpoint, createdMilliseconds: START }), MINUTE)).toBe(false);
  });

  test('a first start on a full stream races with the retention for some minutes, which is no loss', async () => {
    const { clock, check } = world(leaseOf({ checkpoint: HORIZON, createdMilliseconds: START }));
    check.delivered({ records: [], behindMilliseconds: 24 * HOUR + 1 });
    await check.assertKept(signal);
    check.delivered({ records: [recordAt(1)], behindMilliseconds: 24 * HOUR - 1 });
    clock.advance(MINUTE);
    await check.assertKept(signal);
    clock.advance(10 * MINUTE);
    await expect(check.assertKept(signal)).rejects.toThrow(PositionLost);
  });

  test('what an old lease does not know is not judged', async () => {
    expect(await isTold(leaseOf({ checkpoint: HORIZON }), 48 * HOUR)).toBe(false);
    expect(await isTold(leaseOf({ checkpoint: AFTER_RECORD }), 48 * HOUR)).toBe(false);
  });

  test('an idle shard is not lost: its position is old, but it was read up to now', async () => {
    const { clock, check } = world(leaseOf({ doneThroughMilliseconds: START }));
    clock.advance(48 * HOUR);
    check.delivered({ records: [], behindMilliseconds: 0 });
    await check.assertKept(signal);
  });

  test('a shard that lags by more than the retention is lost', async () => {
    const { clock, check } = world(leaseOf({ doneThroughMilliseconds: START }));
    clock.advance(48 * HOUR);
    check.delivered({ records: [], behindMilliseconds: 25 * HOUR });
    await expect(check.assertKept(signal)).rejects.toThrow(PositionLost);
  });

  test('a changed retention counts, and is read at most once a minute', async () => {
    const { clock, check, stream } = world(leaseOf({ doneThroughMilliseconds: START }));
    stream.retentionHours = 168;
    clock.advance(25 * HOUR);
    await check.assertKept(signal);
    stream.retentionHours = 24;
    await check.assertKept(signal);
    expect(stream.looks).toBe(1);
    clock.advance(MINUTE);
    await expect(check.assertKept(signal)).rejects.toThrow(PositionLost);
  });

  test('with skipLost, says once that it reads on', async () => {
    const { clock, check, messages } = world(leaseOf({ doneThroughMilliseconds: START }), { skipLost: true });
    clock.advance(48 * HOUR);
    await check.assertKept(signal);
    await check.assertKept(signal);
    expect(messages).toEqual([expect.stringContaining('reading on from the oldest record')]);
  });

  test('a position that the shard does not know is a loss, and is told as well', () => {
    const stopping = world(leaseOf({}));
    expect(() => stopping.check.tellLoss('unknown position')).toThrow(PositionLost);
    const { check, messages } = world(leaseOf({}), { skipLost: true });
    check.tellLoss('unknown position');
    expect(messages).toEqual(['unknown position; reading on from the oldest record']);
  });
});

/** One life of a group: it makes its leases, reads to the tip or never reads, is down, and comes back. Times from START. */
const lives = fc.record({
  start: fc.constantFrom<StartPosition>(
    { type: 'TRIM_HORIZON' },
    { type: 'LATEST' },
    { type: 'AT_TIMESTAMP', atMilliseconds: START - 40 * HOUR },
    { type: 'AT_TIMESTAMP', atMilliseconds: START },
  ),
  watchedHours: fc.option(fc.integer({ min: 0, max: 100 }), { nil: undefined }),
  downHours: fc.integer({ min: 0, max: 100 }),
  /** Hours after the start of the down time, if the shard is split meanwhile. */
  splitHours: fc.option(fc.integer({ min: 0, max: 100 }), { nil: undefined }),
  retentionHours: fc.constantFrom(24, 48, 168),
  /** Arrivals, in hours after START. */
  arrivals: fc.array(fc.integer({ min: -50, max: 200 })),
});

describe('for any down time, retention, start and split', () => {
  test('a loss is told if and only if a record may have been deleted unread', async () => {
    await fc.assert(
      fc.asyncProperty(lives, async (life) => {
        const watched = START + (life.watchedHours ?? 0) * HOUR;
        const back = watched + life.downHours * HOUR;
        const deletedBefore = back - life.retentionHours * HOUR;
        const parent = { shardId: 'shard-0', parents: [], hashRange, closed: false };
        const [made] = planLeases([parent], [], life.start, factsAt(START)).create as [ShardLease];
        const anyRead = life.arrivals.some(
          (hour) => START + hour * HOUR > START && START + hour * HOUR <= watched,
        );
        const hasRead = life.watchedHours !== undefined;
        const stored: ShardLease = {
          ...made,
          ...(hasRead ? { doneThroughMilliseconds: watched } : {}),
          ...(hasRead && anyRead ? { checkpoint: AFTER_RECORD } : {}),
        };
        const splitAt = life.splitHours === undefined ? undefined : watched + life.splitHours * HOUR;
        const isSplit = splitAt !== undefined && splitAt <= back;
        const lease = isSplit ? childOf(stored, back, life.start) : stored;
        // All records since `watched` are unread. Those before belong to an earlier time, or were read.
        const lost = life.arrivals
          .map((hour) => START + hour * HOUR)
          .filter((arrival) => arrival > watched && arrival < Math.min(back, deletedBefore));
        const told = await isTold(lease, back - START, life.retentionHours);
        if (lost.length > 0) expect(told).toBe(true);
        expect(told).toBe(watched < deletedBefore);
      }),
      { numRuns: 500 },
    );
  });
});

/** The lease of a child that is found after the down time, once its parent is read to its end. */
function childOf(parent: ShardLease, nowMilliseconds: number, start: StartPosition): ShardLease {
  const ended: ShardLease = { ...parent, checkpoint: { kind: 'shard_end' } };
  const stored = { ...parent, version: '1', renewal: '1' };
  const child = { shardId: 'shard-1', parents: ['shard-0'], hashRange, closed: false };
  const [lease] = planLeases([child], [stored], start, factsAt(nowMilliseconds)).create as [ShardLease];
  return { ...lease, doneThroughMilliseconds: doneThroughWithParents(lease, [ended]) };
}
