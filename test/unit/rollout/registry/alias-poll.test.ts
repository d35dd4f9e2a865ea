import { beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { AliasReading } from '../../../../operators/rollout/decision/rollout.ts';
import { AliasPoll } from '../../../../operators/rollout/registry/alias-poll.ts';
import type { MlflowServer } from '../../../../operators/rollout/registry/mlflow-servers.ts';
import { createLogger } from '../../../../services/shared/logging.ts';
import type { ModelDeployment } from '../../../../services/shared/model-deployment/model-deployment.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { SPEC } from '../../../support/rollout-world.ts';

const FOUND: AliasReading = { kind: 'version', version: '1' };
const NEXT: AliasReading = { kind: 'version', version: '2' };
const AWAY: AliasReading = { kind: 'unreachable', message: 'no answer within 5000 ms' };
const URL = 'http://mlflow:5000';
const logger = createLogger({ component: 'test', level: 'silent' });

let clock: ManualClock;
/** Times of the calls of the registry, by its URL. */
let calls: { readonly url: string; readonly at: number }[];
/** Names that a read woke. */
let woken: string[];
let answer: (url: string) => Promise<AliasReading>;
let poll: AliasPoll;

beforeEach(() => {
  clock = new ManualClock(0);
  calls = [];
  woken = [];
  answer = async () => FOUND;
  const readAlias = ({ url }: MlflowServer) => {
    calls.push({ url, at: clock.now() });
    return answer(url);
  };
  const onRead = (name: string) => woken.push(name);
  poll = new AliasPoll({ registry: { readAlias }, clock, logger, onRead });
});

/** Lets every pending promise callback run. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

function named(name: string, url = URL, pollSeconds = 10): ModelDeployment {
  return { metadata: { name }, spec: { ...SPEC, registry: { ...SPEC.registry, url, pollSeconds } } };
}

/** The reading after the read that is due now, if any. */
async function read(object: ModelDeployment, wake?: string): Promise<AliasReading | undefined> {
  poll.reading(object, wake);
  await settle();
  return poll.reading(object, wake);
}

/** Reads as often as the poll asks for it, until `end`. */
async function follow(object: ModelDeployment, end: number): Promise<void> {
  while (clock.now() <= end) {
    await read(object);
    clock.advance(Math.max(1, poll.dueMilliseconds(object)));
  }
}

/** Answers that come when the test gives them, in the order of the calls. */
function held(): ((reading: AliasReading) => Promise<void>)[] {
  const gates: ((reading: AliasReading) => Promise<void>)[] = [];
  answer = () => {
    const { promise, resolve } = Promise.withResolvers<AliasReading>();
    gates.push(async (reading) => {
      resolve(reading);
      await settle();
    });
    return promise;
  };
  return gates;
}

describe('a read of the alias that gives no answer', () => {
  test.each<AliasReading>([
    AWAY,
    { kind: 'refused', message: 'answered 403' },
    { kind: 'notAllowed', message: 'not in the list' },
  ])('is repeated with back-off, up to the poll interval: %s', async (reading) => {
    answer = async () => reading;
    await follow(named('loan'), 40_000);
    expect(calls.map(({ at }) => at)).toEqual([0, 1_000, 3_000, 7_000, 15_000, 25_000, 35_000]);
  });

  test('begins its back-off anew after an answer', async () => {
    let reads = 0;
    answer = async () => (++reads === 3 ? FOUND : AWAY);
    await follow(named('loan'), 20_000);
    expect(calls.map(({ at }) => at)).toEqual([0, 1_000, 3_000, 13_000, 14_000, 16_000, 20_000]);
  });

  test('does not spend the wake-up of a webhook', async () => {
    const loan = named('loan', URL, 3_600);
    await read(loan, 'delivery-1');
    answer = async () => AWAY;
    await read(loan, 'delivery-2');
    answer = async () => NEXT;
    clock.advance(poll.dueMilliseconds(loan));
    expect(clock.now()).toBe(1_000);
    expect(await read(loan, 'delivery-2')).toEqual(NEXT);
  });

  test('never waits longer than the poll interval, for any interval and any outage', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 3_600 }),
        fc.integer({ min: 0, max: 40 }),
        async (s, away) => {
          const loan = named('loan', 'http://a', s);
          poll.forget('loan');
          let reads = 0;
          answer = async () => (reads++ < away ? AWAY : FOUND);
          for (let tries = 0; tries <= away; tries++) {
            const reading = await read(loan);
            expect(poll.dueMilliseconds(loan)).toBeLessThanOrEqual(s * 1000);
            if (reading?.kind !== 'version') expect(poll.dueMilliseconds(loan)).toBeGreaterThan(0);
            clock.advance(poll.dueMilliseconds(loan));
          }
          expect(await read(loan)).toEqual(FOUND);
        },
      ),
    );
  });
});

test('a registry that answers is read once in the poll interval, counted from the beginning of a read', async () => {
  answer = async () => {
    clock.advance(300);
    return FOUND;
  };
  await follow(named('loan'), 30_000);
  expect(calls.map(({ at }) => at)).toEqual([0, 10_000, 20_000, 30_000]);
});

describe('while a read waits for its answer', () => {
  test('a reconcile is worth half a second of delay, and then the former reading counts', async () => {
    const gates = held();
    const loan = named('loan');
    expect(poll.reading(loan, undefined)).toBeUndefined();
    await gates[0]?.(FOUND);
    clock.advance(10_000);
    expect(poll.reading(loan, undefined)).toBeUndefined();
    expect(poll.dueMilliseconds(loan)).toBe(500);
    clock.advance(500);
    expect(poll.reading(loan, undefined)).toEqual(FOUND);
    expect(poll.dueMilliseconds(loan)).toBe(10_000);
    await gates[1]?.(NEXT);
    expect(poll.reading(loan, undefined)).toEqual(NEXT);
  });

  test('no second read of the same alias begins, however often it is asked for', async () => {
    held();
    for (let look = 0; look < 20; look++) {
      poll.reading(named('loan'), undefined);
      await settle();
      clock.advance(10_000);
    }
    expect(calls).toHaveLength(1);
  });

  test('a wake-up asks for another read after it, and the answer counts all the same', async () => {
    const gates = held();
    const loan = named('loan');
    await read(loan);
    for (let delivery = 0; delivery < 5; delivery++) {
      poll.reading(loan, `delivery-${delivery}`);
      poll.reading(loan, `delivery-${delivery} again`);
      clock.advance(500);
      await gates[delivery]?.({ kind: 'version', version: String(delivery) });
      const newest = poll.reading(loan, `delivery-${delivery} again`);
      expect(newest).toEqual({ kind: 'version', version: String(delivery) });
    }
  });

  test('an edit of the alias or of the registry is not answered with the former reading', async () => {
    await read(named('loan'));
    held();
    expect(poll.reading(named('loan', 'http://other'), undefined)).toBeUndefined();
  });

  test('its answer is of no use once the ModelDeployment is gone', async () => {
    const gates = held();
    poll.reading(named('loan'), undefined);
    poll.forget('loan');
    await gates[0]?.(FOUND);
    expect(woken).toEqual([]);
    expect(poll.reading(named('loan'), undefined)).toBeUndefined();
  });

  test('a few aliases of one registry are read at a time, and those of another registry do not wait', async () => {
    const gates = held();
    for (let number = 0; number < 50; number++) poll.reading(named(`loan-${number}`), undefined);
    poll.reading(named('other', 'http://other'), undefined);
    await settle();
    expect(calls.map(({ url }) => url)).toEqual([URL, URL, URL, URL, 'http://other']);
    for (let number = 0; number < 51; number++) await gates[number]?.(FOUND);
    expect(woken).toHaveLength(51);
  });
});

test('the end of each read wakes its ModelDeployment', async () => {
  await follow(named('loan'), 30_000);
  expect(woken).toEqual(['loan', 'loan', 'loan', 'loan']);
});

test('a registry that throws is a reading too', async () => {
  answer = () => Promise.reject(new TypeError('Invalid URL'));
  expect(await read(named('loan'))).toMatchObject({ kind: 'unreachable' });
});
