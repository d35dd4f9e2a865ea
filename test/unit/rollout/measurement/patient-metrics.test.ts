import { expect, test } from '@jest/globals';
import { PatientMetrics } from '../../../../operators/rollout/measurement/patient-metrics.ts';
import { MetricsError, type Sample } from '../../../../operators/rollout/measurement/prometheus.ts';
import { SlowServers } from '../../../../operators/rollout/servers/slow-servers.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

const URL = 'http://prometheus:9090';
const clock = new ManualClock();
let queries = 0;
let answer: () => Promise<readonly Sample[]>;
const source = {
  query: () => {
    queries++;
    return answer();
  },
};
const metrics = new PatientMetrics(source, new SlowServers(clock));

const hang = async () => {
  await clock.sleep(10_000);
  throw new MetricsError('unreachable', 'no answer');
};

test('two queries that wait in vain spare the others their time-out, until one is answered', async () => {
  answer = hang;
  const first = [metrics.query(URL, 'a'), metrics.query(URL, 'b')].map((query) => query.catch(String));
  clock.advance(10_000);
  expect(await Promise.all(first)).toEqual(['MetricsError: no answer', 'MetricsError: no answer']);
  await expect(metrics.query(URL, 'c')).rejects.toMatchObject({ kind: 'unreachable', message: 'no answer' });
  expect(queries).toBe(2);
  clock.advance(1_000);
  answer = async () => [{ labels: {}, value: 1 }];
  expect(await metrics.query(URL, 'c')).toEqual([{ labels: {}, value: 1 }]);
  expect(await metrics.query(URL, 'd')).toEqual([{ labels: {}, value: 1 }]);
});

test('queries that are too expensive cost no other query, because Prometheus answers meanwhile', async () => {
  const tooExpensive = ['a', 'b', 'c'];
  for (let measurement = 0; measurement < 3; measurement++) {
    answer = hang;
    const hanging = tooExpensive.map((promql) => metrics.query(URL, promql).catch(String));
    clock.advance(10);
    answer = async () => [{ labels: {}, value: 1 }];
    expect(await metrics.query(URL, 'd')).toEqual([{ labels: {}, value: 1 }]);
    clock.advance(10_000);
    expect(await Promise.all(hanging)).toEqual(tooExpensive.map(() => 'MetricsError: no answer'));
    expect(await metrics.query(URL, 'e')).toEqual([{ labels: {}, value: 1 }]);
  }
});

test('the queries of one measurement try a Prometheus again together, and no others', async () => {
  const measurement = new AbortController();
  const another = new AbortController();
  clock.advance(1);
  answer = hang;
  const waiting = ['a', 'b'].map((promql) => metrics.query(URL, promql).catch(String));
  clock.advance(10_000);
  await Promise.all(waiting);
  await expect(metrics.query(URL, 'c', measurement.signal)).rejects.toMatchObject({ kind: 'unreachable' });
  clock.advance(1_000);
  answer = async () => {
    await clock.sleep(100);
    return [{ labels: {}, value: 1 }];
  };
  const tried = ['c', 'd', 'e'].map((promql) => metrics.query(URL, promql, measurement.signal));
  await expect(metrics.query(URL, 'c', another.signal)).rejects.toMatchObject({ kind: 'unreachable' });
  clock.advance(100);
  expect(await Promise.all(tried)).toHaveLength(3);
});

test('a query that is refused is an answer, however long it took', async () => {
  answer = async () => {
    clock.advance(5_000);
    throw new MetricsError('refused', 'too expensive');
  };
  for (const promql of ['a', 'b', 'c', 'd']) {
    await expect(metrics.query(URL, promql)).rejects.toMatchObject({ kind: 'refused' });
  }
});
