import { afterEach, describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { openingAt } from '../../../../operators/rollout/decision/open-windows.ts';
import { TimeZone } from '../../../../operators/rollout/decision/time-zone.ts';
import { WEEKDAYS, type Windows } from '../../../../services/shared/model-deployment/windows.ts';
import { propertyCases, propertyMilliseconds } from '../../../support/property-cases.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
/** All times of the property are multiples of this, in every time zone. */
const STEP = 5 * MINUTE;
const OFFICE = { days: ['Mon', 'Tue', 'Wed', 'Thu', 'Fri'], from: '09:00', to: '17:00' } as const;

function windows(more: Partial<Windows>): Windows {
  return { timeZone: 'Europe/Berlin', ...more };
}

function opening(more: Partial<Windows>, at: string) {
  const found = openingAt(windows(more), Date.parse(at));
  const until = untilOf(found);
  return until === undefined
    ? { kind: found.kind }
    : { kind: found.kind, until: new Date(until).toISOString() };
}

function untilOf(found: ReturnType<typeof openingAt>): number | undefined {
  return 'until' in found ? found.until() : undefined;
}

describe('allowed windows', () => {
  const office = { allowed: [{ ...OFFICE, days: [...OFFICE.days] }] };

  test.each([
    ['2026-01-05T08:00:00Z', { kind: 'open' }],
    ['2026-01-05T07:59:59Z', { kind: 'closed', until: '2026-01-05T08:00:00.000Z' }],
    ['2026-01-05T16:00:00Z', { kind: 'closed', until: '2026-01-06T08:00:00.000Z' }],
    ['2026-01-09T16:00:00Z', { kind: 'closed', until: '2026-01-12T08:00:00.000Z' }],
    // Summer time began in the night before.
    ['2026-03-28T12:00:00Z', { kind: 'closed', until: '2026-03-30T07:00:00.000Z' }],
  ])('from Monday to Friday, 9 to 17 h in Berlin, at %s', (at, expected) => {
    expect(opening(office, at)).toEqual(expected);
  });

  test.each([
    ['2026-01-09T21:00:00Z', 'open'],
    ['2026-01-10T02:59:00Z', 'open'],
    ['2026-01-10T03:00:00Z', 'closed'],
    ['2026-01-10T21:00:00Z', 'closed'],
  ])('across midnight belong to the day on which they begin, at %s', (at, kind) => {
    expect(opening({ allowed: [{ days: ['Fri'], from: '22:00', to: '04:00' }] }, at).kind).toBe(kind);
  });

  test('whose begin is skipped by clocks open where the clocks go on', () => {
    const night = { allowed: [{ from: '02:30', to: '04:00' }] };
    expect(opening(night, '2026-03-29T00:59:00Z')).toEqual({
      kind: 'closed',
      until: '2026-03-29T01:00:00.000Z',
    });
    expect(opening(night, '2026-03-29T01:00:00Z')).toEqual({ kind: 'open' });
  });

  test('that clocks skip as a whole do not open that day', () => {
    const skipped = { allowed: [{ from: '02:10', to: '02:50' }] };
    expect(opening(skipped, '2026-03-28T12:00:00Z').until).toBe('2026-03-30T00:10:00.000Z');
  });

  test('in an hour that clocks repeat are open in both', () => {
    const repeated = { allowed: [{ from: '02:00', to: '03:00' }] };
    for (const at of ['2026-10-25T00:30:00Z', '2026-10-25T01:30:00Z'])
      expect(opening(repeated, at)).toEqual({ kind: 'open' });
  });
});

test('a window into which clocks are put back opens again', () => {
  const early = { allowed: [{ from: '01:30', to: '02:30' }] };
  expect(opening(early, '2026-10-25T00:30:00Z')).toEqual({
    kind: 'closed',
    until: '2026-10-25T01:00:00.000Z',
  });
  expect(opening(early, '2026-10-25T01:00:00Z')).toEqual({ kind: 'open' });
});

describe('a freeze', () => {
  const freezes = [{ from: '2026-12-19T18:00', to: '2027-01-04T09:00', reason: 'year end' }];

  test.each([
    ['2026-12-19T16:59:59Z', { kind: 'open' }],
    ['2026-12-19T17:00:00Z', { kind: 'frozen', until: '2027-01-04T08:00:00.000Z' }],
    ['2027-01-04T07:59:59Z', { kind: 'frozen', until: '2027-01-04T08:00:00.000Z' }],
    ['2027-01-04T08:00:00Z', { kind: 'open' }],
  ])('holds from begin to end, at %s', (at, expected) => {
    expect(opening({ freezes }, at)).toEqual(expected);
  });

  test('outweighs a window, and its end leads to the next window', () => {
    const found = opening(
      { freezes, allowed: [{ days: ['Sat'], from: '10:00', to: '11:00' }] },
      '2026-12-20T09:30:00Z',
    );
    expect(found).toEqual({ kind: 'frozen', until: '2027-01-09T09:00:00.000Z' });
  });

  test('that another freeze follows ends with the last', () => {
    const next = { from: '2027-01-04T08:00', to: '2027-01-05T08:00' };
    expect(opening({ freezes: [...freezes, next] }, '2026-12-20T09:30:00Z').until).toBe(
      '2027-01-05T07:00:00.000Z',
    );
  });
});

describe('a freeze in an hour that clocks repeat', () => {
  test('ends when they show its end for the second time', () => {
    const freezes = [{ from: '2026-10-24T00:00', to: '2026-10-25T02:30' }];
    expect(opening({ freezes }, '2026-10-25T00:59:00Z')).toEqual({
      kind: 'frozen',
      until: '2026-10-25T01:30:00.000Z',
    });
    expect(opening({ freezes }, '2026-10-25T01:30:00Z')).toEqual({ kind: 'open' });
  });

  test.each([
    ['2026-10-25T02:00', '2026-10-25T00:00:00.000Z'],
    ['2026-10-25T03:00', '2026-10-25T02:00:00.000Z'],
    ['2026-03-29T02:30', '2026-03-29T01:00:00.000Z'],
    ['2026-03-29T03:00', '2026-03-29T01:00:00.000Z'],
  ])('that ends at %s, at an edge of a change, ends at %s', (to, until) => {
    const freezes = [{ from: `${to.slice(0, 10)}T00:30`, to }];
    const now = new Date(Date.parse(until) - 60_000).toISOString();
    expect(opening({ freezes }, now)).toEqual({ kind: 'frozen', until });
  });

  test('begins when they show its begin for the first time', () => {
    const freezes = [{ from: '2026-10-25T02:30', to: '2026-10-26T00:00' }];
    expect(opening({ freezes }, '2026-10-25T00:29:00Z').kind).toBe('open');
    expect(opening({ freezes }, '2026-10-25T00:30:00Z').kind).toBe('frozen');
  });
});

describe('the work for a spec with the most windows and freezes', () => {
  const SUNDAY = Date.UTC(2026, 0, 4);
  /** A year of Sundays that are open for less than they are frozen. No freeze overlaps another. */
  const crowded = (timeZone: string): Windows => ({
    timeZone,
    allowed: Array.from({ length: 20 }, (_, index) => ({
      days: ['Sun'],
      from: `0${Math.floor(index / 6)}:${index % 6}0`,
      to: '05:00',
    })),
    freezes: Array.from({ length: 50 }, (_, week) => {
      const date = new Date(SUNDAY + week * 7 * DAY).toISOString().slice(0, 10);
      return { from: `${date}T00:00`, to: `${date}T06:00` };
    }),
  });

  afterEach(() => {
    jest.restoreAllMocks();
  });

  test.each(['Europe/Berlin', 'Africa/Casablanca', 'Australia/Lord_Howe'])('is bounded in %s', (timeZone) => {
    const asked = jest.spyOn(Intl.DateTimeFormat.prototype, 'formatToParts');
    const spec = crowded(timeZone);
    const found = openingAt(spec, SUNDAY - 3 * DAY);
    expect(untilOf(found)).toBeGreaterThan(SUNDAY + 49 * 7 * DAY);
    // Once for each day of that year, and some more for the days on which clocks change.
    expect(asked.mock.calls.length).toBeLessThan(600);
  });

  test('is done once: the next look asks nothing about the same days', () => {
    const spec = crowded('America/New_York');
    untilOf(openingAt(spec, SUNDAY - 3 * DAY));
    const asked = jest.spyOn(Intl.DateTimeFormat.prototype, 'formatToParts');
    untilOf(openingAt(spec, SUNDAY - 3 * DAY + 5_000));
    expect(asked).not.toHaveBeenCalled();
  });

  test('does not grow with the distance of the freezes', () => {
    const at = (year: number) => ({ from: `${year}-07-01T00:00`, to: `${year}-07-02T00:00` });
    const freezes = Array.from({ length: 50 }, (_, index) => at(2027 + index * 100));
    const asked = jest.spyOn(Intl.DateTimeFormat.prototype, 'formatToParts');
    expect(openingAt({ timeZone: 'Pacific/Chatham', freezes }, SUNDAY)).toEqual({ kind: 'open' });
    expect(asked.mock.calls.length).toBeLessThan(600);
  });
});

test('an unknown time zone is never open', () => {
  expect(opening({ timeZone: 'Europe/Atlantis' }, '2026-01-05T08:00:00Z')).toEqual({ kind: 'unreadable' });
});

describe('for any windows in any time zone', () => {
  // Whole and half hours of summer time, offsets of 45 minutes, and the edges of the world.
  const ZONES = [
    'UTC',
    'Europe/Berlin',
    'America/New_York',
    'Australia/Lord_Howe',
    'Asia/Kathmandu',
    'Pacific/Apia',
    'Pacific/Chatham',
    'America/St_Johns',
    'Africa/Casablanca',
  ];
  const time = fc
    .tuple(fc.integer({ min: 0, max: 23 }), fc.constantFrom('00', '10', '30', '50'))
    .map(([hour, minute]) => `${String(hour).padStart(2, '0')}:${minute}`);
  const window = fc
    .record({
      days: fc.option(fc.subarray([...WEEKDAYS], { minLength: 1 }), { nil: undefined }),
      from: time,
      to: time,
    })
    .filter(({ from, to }) => from !== to);
  // Most holds begin within a day before clocks are put forward or back, and the rest anywhere.
  const start = fc
    .oneof(
      {
        weight: 4,
        arbitrary: fc.tuple(fc.constantFrom(...ZONES.flatMap(changesOf)), fc.integer({ min: -312, max: 36 })),
      },
      {
        weight: 1,
        arbitrary: fc.tuple(fc.constant(Date.UTC(2026, 5, 1)), fc.integer({ min: 0, max: 40_000 })),
      },
    )
    .map(([at, steps]) => at + steps * STEP);
  const freezeFrom = (day: number) => {
    const from = new Date(day).toISOString().slice(0, 16);
    return (hours: number) => ({ from, to: new Date(day + hours * 3_600_000).toISOString().slice(0, 16) });
  };

  test(
    'the named end of a hold is the first time that is open',
    () => {
      fc.assert(
        fc.property(
          fc.constantFrom(...ZONES),
          fc.option(fc.array(window, { minLength: 1, maxLength: 3 }), { nil: undefined }),
          fc.array(fc.tuple(fc.integer({ min: -30, max: 60 }), fc.integer({ min: 1, max: 50 })), {
            maxLength: 2,
          }),
          start,
          (timeZone, allowed, offsets, now) => {
            const freezes = offsets.map(([before, hours]) => freezeFrom(now + before * 3_600_000)(hours));
            const spec: Windows = { timeZone, ...(allowed && { allowed }), freezes };
            const found = openingAt(spec, now);
            if (found.kind === 'open') return;
            const until = untilOf(found);
            const scanned = firstOpen(spec, now);
            // A hold that ends later than the scan reaches is not compared.
            if (scanned === undefined) expect(until === undefined || until > now + 3 * DAY).toBe(true);
            else expect(until).toBe(scanned);
          },
        ),
        { numRuns: propertyCases(40) },
      );
    },
    propertyMilliseconds(),
  );

  function changesOf(name: string): number[] {
    const [from, to] = [Date.UTC(2026, 0, 1), Date.UTC(2027, 0, 1)];
    return Array.from({ length: 12 }, (_, month) => Date.UTC(2026, month, 1)).flatMap((start) => {
      const end = Math.min(start + 31 * DAY, to);
      return TimeZone.named(name)?.changeBetween(Math.max(start, from), end) ?? [];
    });
  }

  function firstOpen(spec: Windows, now: number): number | undefined {
    for (let at = now; at <= now + 3 * DAY; at += STEP) if (openingAt(spec, at).kind === 'open') return at;
    return undefined;
  }
});
