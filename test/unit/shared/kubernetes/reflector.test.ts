import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { KubernetesClient } from '../../../../services/shared/kubernetes/kubernetes-client.ts';
import type { KubernetesObject } from '../../../../services/shared/kubernetes/objects.ts';
import { type Change, Reflector } from '../../../../services/shared/kubernetes/reflector.ts';
import { createLogger } from '../../../../services/shared/logging.ts';
import { FakeKubernetesApi, listOf, refusal, thing, watchOf } from '../../../support/fake-kubernetes-api.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { passBackoffs } from '../../../support/pass-backoffs.ts';
import { until } from '../../../support/until.ts';

const logger = createLogger({ component: 'test', level: 'silent' });

let api: FakeKubernetesApi;
let clock: ManualClock;
let client: KubernetesClient;
let reflector: Reflector<KubernetesObject>;
let changes: string[];
let onChange: (change: Change<KubernetesObject>) => void;

beforeEach(async () => {
  api = await FakeKubernetesApi.start();
  clock = new ManualClock();
  client = new KubernetesClient({ kubeConfig: api.kubeConfig });
  changes = [];
  onChange = ({ type, object }) => {
    changes.push(`${type} ${object.metadata.name}@${object.metadata.resourceVersion}`);
  };
  reflector = new Reflector({
    client,
    path: '/apis/test/v1/namespaces/default/things',
    labelSelector: 'app=x',
    clock,
    logger,
    onChange: (change) => onChange(change),
    inactivityMilliseconds: 90_000,
    relistMilliseconds: 300_000,
    random: () => 0.5,
  });
});

afterEach(async () => {
  await reflector.stop();
  await client.close();
  await api[Symbol.asyncDispose]();
});

describe('a reflector', () => {
  test('holds the listed objects, and then follows the watch', async () => {
    api.lists.push(listOf('10', thing('a', '1'), thing('b', '2')));
    api.watches.push(
      watchOf([
        { type: 'MODIFIED', object: thing('a', '11') },
        { type: 'ADDED', object: thing('c', '12') },
        { type: 'DELETED', object: thing('b', '13') },
      ]),
    );
    reflector.start();
    await reflector.synced;
    await until('all changes', () => changes.length === 5);
    expect(changes).toEqual(['applied a@1', 'applied b@2', 'applied a@11', 'applied c@12', 'deleted b@13']);
    expect(reflector.list().map((object) => object.metadata.name)).toEqual(['a', 'c']);
    expect(reflector.get('a')?.metadata.resourceVersion).toBe('11');
  });

  test('watches from the version of the list, with bookmarks and its selector', async () => {
    api.lists.push(listOf('10'));
    api.watches.push(watchOf([]));
    reflector.start();
    await until('a watch', () => api.count('watch') === 1);
    const [list, watch] = api.requests;
    expect(Object.fromEntries(list?.url.searchParams ?? [])).toEqual({
      labelSelector: 'app=x',
      limit: '500',
    });
    expect(Object.fromEntries(watch?.url.searchParams ?? [])).toEqual({
      labelSelector: 'app=x',
      resourceVersion: '10',
      allowWatchBookmarks: 'true',
      watch: 'true',
    });
  });

  test('follows the pages of a long list', async () => {
    api.lists.push(
      (response) => {
        response.end(
          JSON.stringify({ metadata: { resourceVersion: '10', continue: 'next' }, items: [thing('a', '1')] }),
        );
      },
      listOf('10', thing('b', '2')),
    );
    api.watches.push(watchOf([]));
    reflector.start();
    await reflector.synced;
    expect(reflector.list()).toHaveLength(2);
    expect(api.requests[1]?.url.searchParams.get('continue')).toBe('next');
  });

  test.each([
    ['a reset', watchOf([{ type: 'ADDED', object: thing('b', '11') }], 'reset')],
    ['a clean end', watchOf([{ type: 'ADDED', object: thing('b', '11') }], 'end')],
    ['an expired resourceVersion', watchOf([{ type: 'ERROR', object: { code: 410, reason: 'Expired' } }])],
    ['a refusal', refusal(500, 'InternalError')],
    [
      'half a line',
      (response: ServerResponse) => {
        response.end('{"type":');
      },
    ],
  ])('lists again after %s, and reports each missed change once', async (_what, broken) => {
    api.lists.push(
      listOf('10', thing('a', '1'), thing('gone', '2')),
      listOf('20', thing('a', '1'), thing('b', '15')),
    );
    api.watches.push(broken, watchOf([{ type: 'MODIFIED', object: thing('a', '21') }]));
    reflector.start();
    await passBackoffs(clock, 'the second watch', () => changes.includes('applied a@21'));
    expect(changes.filter((change) => change.includes(' a@'))).toEqual(['applied a@1', 'applied a@21']);
    expect(changes).toContain('deleted gone@2');
    expect(changes).toContain('applied b@15');
    expect([api.count('list'), api.count('watch'), api.openWatches]).toEqual([2, 2, 1]);
  });

  test('replaces a silent watch', async () => {
    api.lists.push(listOf('10'), listOf('20', thing('a', '15')));
    api.watches.push(watchOf([]));
    reflector.start();
    await until('a watch with its deadline', () => api.openWatches === 1 && clock.sleeping === 1);
    clock.advance(89_999);
    expect(reflector.lastEventAgeMilliseconds).toBe(89_999);
    expect(api.count('watch')).toBe(1);
    clock.advance(1);
    await passBackoffs(clock, 'a second list', () => api.count('watch') === 2);
    expect(changes).toEqual(['applied a@15']);
    expect(reflector.lastEventAgeMilliseconds).toBeLessThan(90_000);
  });

  test('keeps a quiet watch that sends bookmarks, until its maximum age', async () => {
    api.lists.push(listOf('10'));
    let send: (event: object) => void = () => {};
    api.watches.push((response) => {
      response.writeHead(200);
      send = (event) => response.write(`${JSON.stringify(event)}\n`);
      send({ type: 'BOOKMARK', object: thing('', '11') });
    });
    reflector.start();
    await until('the deadline', () => clock.sleeping === 1);
    for (let minute = 1; minute < 5; minute++) {
      clock.advance(60_000);
      send({ type: 'BOOKMARK', object: thing('', '12') });
      await until('the bookmark', () => reflector.lastEventAgeMilliseconds === 0);
      await until('the deadline', () => clock.sleeping === 1);
    }
    expect(api.count('watch')).toBe(1);
    clock.advance(60_000);
    await until('a fresh list without back-off', () => api.count('watch') === 2);
    expect(api.count('list')).toBe(2);
  });

  test('waits for as long as a 429 asks', async () => {
    api.lists.push(refusal(429, 'TooManyRequests', { 'retry-after': '7' }), listOf('10', thing('a', '1')));
    api.watches.push(watchOf([]));
    reflector.start();
    await until('the back-off', () => clock.nextWakeMilliseconds !== undefined);
    expect(clock.nextWakeMilliseconds).toBe(7_250);
    clock.advance(7_250);
    await reflector.synced;
  });

  test('backs off further with each failure', async () => {
    api.lists.push(refusal(500, 'InternalError'));
    reflector.start();
    const waits: (number | undefined)[] = [];
    for (let failure = 0; failure < 4; failure++) {
      await until('the back-off', () => clock.sleeping === 1 && api.count('list') === failure + 1);
      waits.push(clock.nextWakeMilliseconds);
      clock.advance(clock.nextWakeMilliseconds ?? 0);
    }
    expect(waits).toEqual([250, 500, 1000, 2000]);
  });

  test('survives a handler that throws', async () => {
    api.lists.push(listOf('10', thing('a', '1'), thing('b', '2')));
    api.watches.push(watchOf([]));
    onChange = ({ object }) => {
      changes.push(object.metadata.name);
      throw new Error('handler');
    };
    reflector.start();
    await until('a watch', () => api.openWatches === 1);
    expect(changes).toEqual(['a', 'b']);
  });

  test('reports nothing after it was stopped during a list', async () => {
    let answerList: () => void = () => {};
    api.lists.push((response, ...rest) => {
      answerList = () => listOf('10', thing('a', '1'))(response, ...rest);
    });
    reflector.start();
    reflector.start();
    await until('a list', () => api.count('list') === 1);
    await reflector.stop();
    answerList();
    await expect(reflector.synced).rejects.toThrow('stopped');
    reflector.start();
    expect([api.count('list'), api.count('watch'), changes.length, clock.sleeping]).toEqual([1, 0, 0, 0]);
  });

  test('ends its watch when it is stopped', async () => {
    api.lists.push(listOf('10'));
    api.watches.push(watchOf([]));
    reflector.start();
    await until('a watch', () => api.openWatches === 1);
    await reflector.stop();
    await until('its end', () => api.openWatches === 0);
    expect(clock.sleeping).toBe(0);
  });
});
