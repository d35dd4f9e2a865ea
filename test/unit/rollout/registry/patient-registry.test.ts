import { beforeEach, describe, expect, test } from '@jest/globals';
import type { AliasReading } from '../../../../operators/rollout/decision/rollout.ts';
import type { MlflowServer } from '../../../../operators/rollout/registry/mlflow-servers.ts';
import { PatientRegistry } from '../../../../operators/rollout/registry/patient-registry.ts';
import type { TagsReading } from '../../../../operators/rollout/registry/registry.ts';
import { SlowServers } from '../../../../operators/rollout/servers/slow-servers.ts';
import { RegistryError } from '../../../../services/shared/mlflow/registry-error.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

const URL = 'http://mlflow:5000';
const FOUND: AliasReading = { kind: 'version', version: '1' };
const AWAY: AliasReading = { kind: 'unreachable', message: 'no answer within 5000 ms' };
const TIMEOUT_MILLISECONDS = 5_000;
/** Longer than the longest back-off. */
const LONG_MILLISECONDS = 20_000;

let clock: ManualClock;
let calls: number;
let answer: (url: string) => Promise<AliasReading>;
let write: () => Promise<void>;
let registry: PatientRegistry;

beforeEach(() => {
  clock = new ManualClock();
  calls = 0;
  answer = async () => FOUND;
  write = async () => {};
  const source = {
    readAlias: ({ url }: MlflowServer) => {
      calls++;
      return answer(url);
    },
    readTags: async (): Promise<TagsReading> => {
      calls++;
      const { kind } = await answer(URL);
      return kind === 'version' ? { kind: 'read', tags: {} } : { kind: 'unreachable', message: 'no answer' };
    },
    setTag: () => {
      calls++;
      return write();
    },
  };
  registry = new PatientRegistry(source, new SlowServers(clock));
});

const read = (model: string, url = URL) => registry.readAlias({ url }, model, 'champion');
const tag = (model: string) => registry.setTag({ url: URL }, model, '1', 'status', 'Stable');

async function hang(): Promise<AliasReading> {
  await clock.sleep(TIMEOUT_MILLISECONDS);
  return AWAY;
}

/** Two models wait in vain. */
async function timeOut(url = URL): Promise<void> {
  const first = [read('a', url), read('b', url)];
  clock.advance(TIMEOUT_MILLISECONDS);
  expect(await Promise.all(first)).toEqual([AWAY, AWAY]);
}

describe('a registry that hangs', () => {
  beforeEach(() => {
    answer = hang;
  });

  test('costs its other users no time, once two of them waited in vain', async () => {
    await timeOut();
    for (let user = 0; user < 40; user++) expect(await read(`c${user}`)).toEqual(AWAY);
    expect(calls).toBe(2);
  });

  test('costs a reader of tags no time either', async () => {
    await timeOut();
    expect((await registry.readTags({ url: URL }, 'c', '1')).kind).toBe('unreachable');
    expect(calls).toBe(2);
  });

  test('is tried by one user at a time, with back-off', async () => {
    await timeOut();
    const end = clock.now() + 120_000;
    while (clock.now() < end) {
      const reads = [read('a'), read('b'), read('c')];
      clock.advance(TIMEOUT_MILLISECONDS);
      expect(await Promise.all(reads)).toEqual([AWAY, AWAY, AWAY]);
    }
    expect(calls).toBeGreaterThan(5);
    expect(calls).toBeLessThan(20);
  });

  test('is asked by everyone again after one answer', async () => {
    await timeOut();
    answer = async () => FOUND;
    clock.advance(1_000);
    expect(await read('a')).toEqual(FOUND);
    expect(await read('c')).toEqual(FOUND);
  });

  test('is asked by everyone again once it refuses connections, because that takes no time', async () => {
    await timeOut();
    answer = async () => AWAY;
    clock.advance(1_000);
    for (let user = 0; user < 10; user++) await read(`c${user}`);
    expect(calls).toBe(12);
  });

  test('is tried again after a call that threw', async () => {
    await timeOut();
    answer = () => Promise.reject(new TypeError('Invalid URL'));
    clock.advance(1_000);
    await expect(read('a')).rejects.toThrow('Invalid URL');
    answer = async () => FOUND;
    expect(await read('a')).toEqual(FOUND);
  });

  test('says nothing about another registry', async () => {
    answer = (url) => (url === URL ? hang() : Promise.resolve(FOUND));
    await timeOut();
    expect(await read('c', 'http://other')).toEqual(FOUND);
  });
});

describe('is no outage for the others', () => {
  test('a model whose reads alone hang', async () => {
    for (let round = 0; round < 5; round++) {
      answer = hang;
      const slow = read('slow');
      clock.advance(TIMEOUT_MILLISECONDS);
      expect(await slow).toEqual(AWAY);
      answer = async () => FOUND;
      expect(await read(`other ${round}`)).toEqual(FOUND);
      clock.advance(LONG_MILLISECONDS);
    }
  });

  test('several calls that hang side by side, while another is answered', async () => {
    answer = hang;
    const slow = ['a', 'b', 'c'].map((model) => read(model));
    clock.advance(10);
    answer = async () => FOUND;
    await read('fast');
    clock.advance(TIMEOUT_MILLISECONDS);
    expect(await Promise.all(slow)).toEqual([AWAY, AWAY, AWAY]);
    expect(await read('other')).toEqual(FOUND);
  });
});

test('writes that hang are spared too, although reads are answered', async () => {
  write = async () => {
    await clock.sleep(TIMEOUT_MILLISECONDS);
    throw new RegistryError('unreachable', 'no answer');
  };
  const first = [tag('a'), tag('b')].map((call) => call.catch(String));
  await read('a');
  clock.advance(TIMEOUT_MILLISECONDS);
  await Promise.all(first);
  calls = 0;
  for (let user = 0; user < 40; user++) {
    await expect(tag(`c${user}`)).rejects.toMatchObject({ kind: 'unreachable', message: 'no answer' });
    expect(await read(`c${user}`)).toEqual(FOUND);
  }
  expect(calls).toBe(40);
});

test('a refused write is an answer', async () => {
  write = () => Promise.reject(new RegistryError('refused', 'no such version'));
  for (const model of ['a', 'b', 'c']) await expect(tag(model)).rejects.toMatchObject({ kind: 'refused' });
});
