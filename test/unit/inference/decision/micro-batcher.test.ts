import { setImmediate } from 'node:timers/promises';
import { beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { MicroBatcher } from '../../../../services/inference/decision/micro-batcher.ts';
import { DecisionRoute } from '../../../../services/inference/decision/route/decision-route.ts';
import { decisionStack } from '../../../support/model/decision-stack.ts';
import { FakeModel } from '../../../support/model/fake-model.ts';
import { propertyCases, propertyMilliseconds } from '../../../support/property-cases.ts';

/** Milliseconds of the batcher's clock. */
let time = 0;
beforeEach(() => {
  time = 0;
});

function batcherOf(stable: FakeModel): MicroBatcher {
  const { router, logger } = decisionStack({ stable });
  return new MicroBatcher(new DecisionRoute(router, logger).stable, () => time);
}

const body = (income: number) => Buffer.from(JSON.stringify({ ApplicantIncome: income }));

async function probability(batcher: MicroBatcher, income: number): Promise<number> {
  const result = await batcher.submit(body(income));
  if ('rejection' in result) throw new Error(result.rejection.message);
  return result.decision.probability;
}

/**
 * Submits so many requests in each turn of the event loop, and returns their answers.
 * @param milliseconds how long each turn takes @default 0
 */
async function submitTurns(
  batcher: MicroBatcher,
  turns: readonly number[],
  milliseconds: readonly number[] = [],
): Promise<readonly number[]> {
  const answers: Promise<number>[] = [];
  for (const [turn, requests] of turns.entries()) {
    for (let request = 0; request < requests; request++) answers.push(probability(batcher, answers.length));
    time += milliseconds[turn] ?? 0;
    await setImmediate();
  }
  return Promise.all(answers);
}

/** True if the answers come in the turn of the event loop in which the graph ends its run. */
async function isWithinTurn(answers: Promise<unknown>, endRun: () => void): Promise<boolean> {
  const turn = setImmediate(false);
  endRun();
  return Promise.race([answers.then(() => true), turn]);
}

describe('a micro-batch', () => {
  test('starts its run after one turn of the event loop if its row is alone', async () => {
    const stable = new FakeModel();
    const answer = probability(batcherOf(stable), 5_000);
    expect(stable.scored).toEqual([]);
    await setImmediate();
    expect(stable.scored).toEqual([1]);
    expect(await answer).toBe(0.5);
  });

  test('waits as long as each turn of the event loop brings further rows', async () => {
    const stable = new FakeModel();
    const answers = await submitTurns(batcherOf(stable), [2, 1, 3, 1]);
    expect(stable.scored).toEqual([7]);
    expect(answers).toEqual(answers.map((_, income) => income / 10_000));
  });

  test('does not wait for a further turn if its oldest row has waited for 0.5 ms', async () => {
    const stable = new FakeModel();
    await submitTurns(batcherOf(stable), [2, 2, 2], [0.5, 0.5, 0.5]);
    expect(stable.scored).toEqual([2, 2, 2]);
  });

  test('waits for several turns if they take less than 0.5 ms together', async () => {
    const stable = new FakeModel();
    await submitTurns(batcherOf(stable), [2, 2, 2, 2, 2], [0.2, 0.2, 0.2, 0.2, 0.2]);
    expect(stable.scored).toEqual([6, 4]);
  });

  test('waits for one turn in each of the 16 runs after a slow further turn', async () => {
    const stable = new FakeModel();
    await submitTurns(batcherOf(stable), new Array(40).fill(2), [0, 5]);
    expect(stable.scored).toEqual([4, ...new Array(16).fill(2), 32, 12]);
  });

  test('waits for no turn after a slow further turn if its row came while the graph was busy', async () => {
    const stable = new FakeModel();
    const batcher = batcherOf(stable);
    await submitTurns(batcher, [2, 2], [0, 5]);
    const { promise, resolve } = Promise.withResolvers<void>();
    stable.gate = promise;
    const answers = [probability(batcher, 1_000)];
    await setImmediate();
    answers.push(probability(batcher, 2_000));
    expect(await isWithinTurn(Promise.all(answers), resolve)).toBe(true);
    expect(stable.scored).toEqual([4, 1, 1]);
  });

  test('goes on to wait for further turns if a long turn brought many rows', async () => {
    const stable = new FakeModel();
    await submitTurns(batcherOf(stable), [2, 11, 2, 2, 2], [0, 5]);
    expect(stable.scored).toEqual([13, 6]);
  });

  test('does not wait at all if its row came while the graph was busy for 0.5 ms', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const stable = new FakeModel({ gate: promise });
    const batcher = batcherOf(stable);
    const answers = [probability(batcher, 1_000)];
    await setImmediate();
    answers.push(probability(batcher, 2_000));
    time += 0.5;
    expect(await isWithinTurn(Promise.all(answers), resolve)).toBe(true);
    expect(stable.scored).toEqual([1, 1]);
  });

  test(
    'answers each row once, 0.5 ms and a turn after it came at the latest',
    async () => {
      const turn = fc.record({ requests: fc.nat(4), milliseconds: fc.constantFrom(0, 0.1, 0.4, 1, 5) });
      await fc.assert(
        fc.asyncProperty(fc.array(turn, { maxLength: 40 }), async (turns) => {
          let began = 0;
          const came = turns.flatMap(({ requests, milliseconds }) => {
            const rows: number[] = new Array(requests).fill(began);
            began += milliseconds;
            return rows;
          });
          let longest = 0;
          const stable = new FakeModel({
            probability: (income) => {
              longest = Math.max(longest, time - (came[income] ?? Number.NaN));
              return income / 10_000;
            },
          });
          time = 0;
          const answers = await submitTurns(
            batcherOf(stable),
            turns.map(({ requests }) => requests),
            turns.map(({ milliseconds }) => milliseconds),
          );
          expect(answers).toEqual(came.map((_, income) => income / 10_000));
          expect(stable.scored.reduce((sum, rows) => sum + rows, 0)).toBe(came.length);
          const slowest = Math.max(0, ...turns.map(({ milliseconds }) => milliseconds));
          expect(longest).toBeLessThan(0.5 + slowest + 1e-9);
        }),
        { numRuns: propertyCases(200) },
      );
    },
    propertyMilliseconds(),
  );

  test('does not wait for a turn that brings invalid requests alone', async () => {
    const stable = new FakeModel();
    const batcher = batcherOf(stable);
    const answers = [probability(batcher, 1_000), probability(batcher, 2_000)];
    await setImmediate();
    expect(batcher.submit(Buffer.from('{'))).toMatchObject({ rejection: { code: 'not_json' } });
    await setImmediate();
    expect(stable.scored).toEqual([2]);
    expect(await Promise.all(answers)).toEqual([0.1, 0.2]);
  });

  test('starts its run with 32 rows, however many further rows come', async () => {
    const stable = new FakeModel();
    const answers = await submitTurns(batcherOf(stable), new Array(80).fill(2));
    expect(stable.scored[0]).toBe(32);
    expect(stable.scored.reduce((sum, rows) => sum + rows)).toBe(answers.length);
    expect(answers).toEqual(answers.map((_, income) => income / 10_000));
  });

  test('holds all rows that one turn brings, and no more than 256 in a run', async () => {
    const stable = new FakeModel();
    const answers = await submitTurns(batcherOf(stable), [300]);
    expect(stable.scored).toEqual([256, 44]);
    expect(answers).toHaveLength(300);
  });
});
