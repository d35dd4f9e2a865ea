import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { MicroBatcher } from '../../../../services/inference/decision/micro-batcher.ts';
import { DecisionRoute } from '../../../../services/inference/decision/route/decision-route.ts';
import { decisionStack } from '../../../support/model/decision-stack.ts';
import { FakeModel } from '../../../support/model/fake-model.ts';

function batcherOf(stable: FakeModel): MicroBatcher {
  const { router, logger } = decisionStack({ stable });
  return new MicroBatcher(new DecisionRoute(router, logger).stable);
}

const body = (income: number) => Buffer.from(JSON.stringify({ ApplicantIncome: income }));

async function probability(batcher: MicroBatcher, income: number): Promise<number> {
  const result = await batcher.submit(body(income));
  if ('rejection' in result) throw new Error(result.rejection.message);
  return result.decision.probability;
}

/** Submits so many requests in each turn of the event loop, and returns their answers. */
async function submitTurns(batcher: MicroBatcher, turns: readonly number[]): Promise<readonly number[]> {
  const answers: Promise<number>[] = [];
  for (const requests of turns) {
    for (let request = 0; request < requests; request++) answers.push(probability(batcher, answers.length));
    await setImmediate();
  }
  return Promise.all(answers);
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
