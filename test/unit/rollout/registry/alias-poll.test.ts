import { beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { AliasReading } from '../../../../operators/rollout/decision/rollout.ts';
import { AliasPoll } from '../../../../operators/rollout/registry/alias-poll.ts';
import type { MlflowServer } from '../../../../operators/rollout/registry/mlflow-servers.ts';
import type { ModelDeployment } from '../../../../services/shared/model-deployment/model-deployment.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { SPEC } from '../../../support/rollout-world.ts';

const FOUND: AliasReading = { kind: 'version', version: '1' };
const AWAY: AliasReading = { kind: 'unreachable', message: 'no answer within 5000 ms' };

let clock: ManualClock;
/** Times of the calls of the registry, by its URL. */
let calls: { readonly url: string; readonly at: number }[];
let answer: (url: string) => Promise<AliasReading>;
let poll: AliasPoll;

beforeEach(() => {
  clock = new ManualClock(0);
  calls = [];
  answer = async () => FOUND;
  const readAlias = ({ url }: MlflowServer) => {
    calls.push({ url, at: clock.now() });
    return answer(url);
  };
  poll = new AliasPoll({ readAlias, setTag: async () => {} }, clock);
});

function named(name: string, url = 'http://mlflow:5000', pollSeconds = 10): ModelDeployment {
  return { metadata: { name }, spec: { ...SPEC, registry: { ...SPEC.registry, url, pollSeconds } } };
}

/** Reads as often as the poll asks for it, until `end`. */
async function follow(object: ModelDeployment, end: number, wake?: string): Promise<void> {
  while (clock.now() <= end) {
    await poll.read(object, wake);
    clock.advance(Math.max(1, poll.dueMilliseconds(object)));
  }
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
    const loan = named('loan', 'http://mlflow:5000', 3_600);
    await poll.read(loan, 'delivery-1');
    answer = async () => AWAY;
    await poll.read(loan, 'delivery-2');
    answer = async () => ({ kind: 'version', version: '2' });
    clock.advance(poll.dueMilliseconds(loan));
    expect(clock.now()).toBe(1_000);
    expect(await poll.read(loan, 'delivery-2')).toEqual({ kind: 'version', version: '2' });
  });

  test('never waits longer than the poll interval, for any interval and any outage', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 3_600 }),
        fc.integer({ min: 0, max: 40 }),
        async (s, away) => {
          clock = new ManualClock(0);
          let reads = 0;
          const readAlias = async () => (reads++ < away ? AWAY : FOUND);
          const one = new AliasPoll({ readAlias, setTag: async () => {} }, clock);
          for (let read = 0; read <= away; read++) {
            const reading = await one.read(named('loan', 'http://a', s), undefined);
            expect(one.dueMilliseconds(named('loan'))).toBeLessThanOrEqual(s * 1000);
            if (reading.kind !== 'version') expect(one.dueMilliseconds(named('loan'))).toBeGreaterThan(0);
            clock.advance(one.dueMilliseconds(named('loan')));
          }
          expect(await one.read(named('loan', 'http://a', s), undefined)).toEqual(FOUND);
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
