import { describe, expect, test } from '@jest/globals';
import type { SeenLease } from '../../../../scripts/stream/group-leases.ts';
import { planEnd, planMove, planRevive } from '../../../../scripts/stream/position-change.ts';
import { parsePosition } from '../../../../scripts/stream/position-option.ts';
import { DESCRIPTION, HOUR, leaseAt, NOW, shardAt, viewsOf } from '../../../support/stream/shard-views.ts';

const FACTS = { description: DESCRIPTION, arrivalMilliseconds: 0, nowMilliseconds: NOW };
const RECORD = { kind: 'record', sequenceNumber: '500' } as const;

function viewWith(change: Partial<SeenLease>, closed = false) {
  const shard = shardAt(0, 1, { closed });
  const [view] = viewsOf([shard], [leaseAt(shard, change)]);
  if (view === undefined) throw new Error('no view');
  return view;
}

function effects(change: Partial<SeenLease>, to: string, arrivalMilliseconds = 0): string {
  return planMove(viewWith(change), parsePosition('--to', to), {
    ...FACTS,
    arrivalMilliseconds,
  }).effects.join(' ');
}

describe('a move', () => {
  test.each([
    ['TRIM_HORIZON', { checkpoint: RECORD }, 'decided again'],
    ['499', { checkpoint: RECORD }, 'decided again'],
    ['501', { checkpoint: RECORD }, 'skipped: no decision, no dead letter'],
    ['500:2', { checkpoint: RECORD }, 'decided again'],
    ['500', { checkpoint: { ...RECORD, subSequenceNumber: 2 } }, 'skipped: no decision'],
    ['LATEST', { checkpoint: RECORD, doneThroughMilliseconds: NOW - HOUR }, 'skipped: no decision'],
    ['2026-01-31T10:00:00Z', { checkpoint: RECORD, doneThroughMilliseconds: NOW - HOUR }, 'decided again'],
    [
      '2026-01-31T11:30:00Z',
      { checkpoint: RECORD, doneThroughMilliseconds: NOW - HOUR },
      'skipped: no decision',
    ],
    ['2026-01-31T11:30:00Z', { checkpoint: RECORD }, 'decided again, or skipped'],
    ['700', {}, 'skipped: no decision'],
    ['LATEST', {}, 'skipped: no decision'],
  ] as const)('to %s from %j says: %s', (to, change, said) => {
    expect(effects(change, to)).toContain(said);
  });

  test('shows a position in time in the form that --to takes', () => {
    const checkpoint = { kind: 'timestamp', atMilliseconds: NOW - HOUR } as const;
    const { what } = planMove(viewWith({ checkpoint }), { kind: 'latest' }, FACTS);
    expect(what).toBe(
      'shard 0: from 2026-01-31T11:00:00Z, to read on at the first record from 2026-01-31T12:00:00Z on',
    );
    const unowned = { owner: undefined, checkpoint };
    expect(() => effects(unowned, '2026-01-31T11:00:00Z')).toThrow('is at 2026-01-31T11:00:00Z already');
  });

  test('changes the position and nothing else, and makes its age count from now', () => {
    const lease = leaseAt(shardAt(0, 1), {
      checkpoint: RECORD,
      bytesPerSecond: 9,
      doneThroughMilliseconds: 5,
    });
    const { change } = planMove(viewWith(lease), parsePosition('--to', 'LATEST'), FACTS);
    expect(change).toEqual({
      seen: lease,
      exact: false,
      lease: {
        ...lease,
        checkpoint: { kind: 'timestamp', atMilliseconds: NOW },
        doneThroughMilliseconds: NOW,
        createdMilliseconds: NOW,
      },
    });
  });

  test('to where nobody reads on differently is refused', () => {
    const unowned = { owner: undefined, checkpoint: RECORD };
    expect(() => effects(unowned, '500')).toThrow('shard 0 is at 500 already');
  });
});

describe('a revival and an end', () => {
  const ended = { checkpoint: { kind: 'shard_end' } } as const;

  test('a done shard is revived, not moved', () => {
    const view = viewWith(ended, true);
    expect(() => planMove(view, { kind: 'latest' }, FACTS)).toThrow('`stream revive 0` has it read again');
    expect(planRevive(view, { kind: 'trim_horizon' }, FACTS, [view]).change.lease).toMatchObject({
      checkpoint: { kind: 'trim_horizon' },
      doneThroughMilliseconds: 0,
      createdMilliseconds: NOW,
    });
  });

  test('a shard that left the stream can only be ended', () => {
    const [, gone] = viewsOf([shardAt(0, 2)], [leaseAt(shardAt(1, 2))]);
    if (gone === undefined) throw new Error('no view');
    expect(() => planMove(gone, { kind: 'latest' }, FACTS)).toThrow('`stream end 1` counts it as done');
    expect(() => planRevive(gone, { kind: 'latest' }, FACTS, [])).toThrow('left the stream');
    expect(planEnd(gone, [], NOW).change.lease.checkpoint).toEqual({ kind: 'shard_end' });
  });

  test('an open shard is not ended, and a done shard not twice', () => {
    expect(() => planEnd(viewWith({}), [], NOW)).toThrow(
      '`stream move 0 --to LATEST` skips what is there now',
    );
    expect(() => planEnd(viewWith(ended, true), [], NOW)).toThrow('shard 0 is ended already');
  });

  test('a revival below children that were read says that the order is lost', () => {
    const parent = shardAt(0, 1, { closed: true });
    const child = shardAt(1, 2, { parents: [parent.shardId] });
    const views = viewsOf([parent, child], [leaseAt(parent, ended), leaseAt(child, { checkpoint: RECORD })]);
    const [view] = views;
    if (view === undefined) throw new Error('no view');
    expect(planRevive(view, { kind: 'trim_horizon' }, FACTS, views).effects.join(' ')).toContain(
      'older records of a key come after newer ones',
    );
  });
});
