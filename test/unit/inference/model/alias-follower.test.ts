import { afterEach, describe, expect, test } from '@jest/globals';
import { AliasFollower } from '../../../../services/inference/model/alias-follower.ts';
import { loadModel } from '../../../../services/inference/model/load-model.ts';
import { SigningKeysError } from '../../../../services/inference/model/signature/signing-keys.ts';
import type { DependencyState } from '../../../../services/shared/dependency-state.ts';
import { createLogger } from '../../../../services/shared/logging.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { FakeRegistry } from '../../../support/model/fake-registry.ts';
import { loanArtifact } from '../../../support/model/loan-model.ts';
import { until } from '../../../support/until.ts';

const POLL_MILLISECONDS = 10_000;
let stopping = new AbortController();
afterEach(() => {
  stopping.abort();
  stopping = new AbortController();
});

function follow(registry: FakeRegistry, beforeLoad = () => {}) {
  const clock = new ManualClock();
  const served: string[] = [];
  const loaded: string[] = [];
  const states: Record<'registry' | 'model', DependencyState> = {
    registry: { state: 'waiting' },
    model: { state: 'waiting' },
  };
  const follower = new AliasFollower({
    registry,
    name: 'loan-eligibility',
    alias: 'champion',
    pollMilliseconds: POLL_MILLISECONDS,
    load: async (version, signal) => {
      loaded.push(version);
      beforeLoad();
      return loadModel({ registry, name: 'loan-eligibility', version, requireContract: true, signal });
    },
    onModel: (model) => {
      served.push(model.identity.version);
      void model.close();
    },
    reportRegistry: (state) => {
      states.registry = state;
    },
    reportModel: (state) => {
      states.model = state;
    },
    clock,
    logger: createLogger({ component: 'test', level: 'silent' }),
    random: () => 0.5,
  });
  const running = follower.run(stopping.signal);
  const idle = () => until('the follower waits for its next poll', () => clock.sleeping === 1);
  const poll = async () => {
    await idle();
    clock.advance(POLL_MILLISECONDS);
    await idle();
  };
  return { clock, served, loaded, states, running, idle, poll };
}

function registryWith(...versions: string[]): FakeRegistry {
  const registry = new FakeRegistry();
  for (const version of versions) registry.add(version, loanArtifact());
  return registry;
}

const corrupt = () => loanArtifact().set('model.onnx', Buffer.from('corrupt'));

describe('following an alias', () => {
  test('serves what it points to, and swaps when it moves', async () => {
    const registry = registryWith('1', '2');
    registry.aliases.set('champion', '1');
    const { served, states, idle, poll } = follow(registry);
    await idle();
    expect(served).toEqual(['1']);
    expect(states).toEqual({ registry: { state: 'ok' }, model: { state: 'ok' } });
    await poll();
    registry.aliases.set('champion', '2');
    await poll();
    expect(served).toEqual(['1', '2']);
    registry.aliases.set('champion', '1');
    await poll();
    expect(served).toEqual(['1', '2', '1']);
  });

  test('refuses a bad version once, keeps the one before it and says why, until the alias moves', async () => {
    const registry = registryWith('1', '3');
    registry.add('2', corrupt());
    registry.aliases.set('champion', '1');
    const { served, loaded, states, idle, poll } = follow(registry);
    await idle();
    registry.aliases.set('champion', '2');
    await poll();
    await poll();
    expect(served).toEqual(['1']);
    expect(loaded).toEqual(['1', '2']);
    expect(states.model).toEqual({
      state: 'degraded',
      reason: 'InvalidArtifact',
      message: expect.stringContaining('version 2 is refused: onnxruntime cannot load model.onnx'),
    });
    registry.aliases.set('champion', '3');
    await poll();
    expect(served).toEqual(['1', '3']);
    expect(states.model).toEqual({ state: 'ok' });
    registry.aliases.set('champion', '2');
    await poll();
    expect(loaded).toEqual(['1', '2', '3', '2']);
  });

  test('is content again when the alias moves back from a bad version', async () => {
    const registry = registryWith('1');
    registry.add('2', corrupt());
    registry.aliases.set('champion', '1');
    const { loaded, states, idle, poll } = follow(registry);
    await idle();
    registry.aliases.set('champion', '2');
    await poll();
    registry.aliases.set('champion', '1');
    await poll();
    expect(states.model).toEqual({ state: 'ok' });
    expect(loaded).toEqual(['1', '2']);
  });

  test('keeps the model while the registry is down or the alias gone', async () => {
    const registry = registryWith('1', '2');
    registry.aliases.set('champion', '1');
    const { served, states, idle, poll } = follow(registry);
    await idle();
    registry.goDown();
    await poll();
    expect(states.registry).toMatchObject({
      state: 'degraded',
      message: expect.stringContaining('unreachable'),
    });
    expect(states.model).toEqual({ state: 'ok' });
    registry.comeBack();
    registry.aliases.delete('champion');
    await poll();
    expect(states.registry).toEqual({ state: 'ok' });
    expect(states.model).toEqual({
      state: 'degraded',
      message: 'alias champion of loan-eligibility points to no version',
    });
    registry.aliases.set('champion', '2');
    await poll();
    expect(served).toEqual(['1', '2']);
  });

  test('loads again after an outage in mid-download: the version is not to blame', async () => {
    const registry = registryWith('1');
    registry.aliases.set('champion', '1');
    const resolveAlias = registry.resolveAlias.bind(registry);
    let outages = 1;
    registry.resolveAlias = async (name, alias) => {
      const version = await resolveAlias(name, alias);
      if (outages-- > 0) registry.goDown();
      return version;
    };
    const { clock, served, loaded, idle } = follow(registry);
    await idle();
    expect(served).toEqual([]);
    registry.comeBack();
    clock.advance(POLL_MILLISECONDS);
    await until('it is loaded', () => served.length === 1);
    expect(loaded).toEqual(['1', '1']);
  });

  test('waits for a registry that is down at start, asking sooner than at every poll', async () => {
    const registry = registryWith('1');
    registry.aliases.set('champion', '1');
    registry.goDown();
    const { clock, served, states, idle } = follow(registry);
    await idle();
    expect(states.registry).toMatchObject({
      state: 'waiting',
      message: expect.stringContaining('unreachable'),
    });
    expect(states.model).toEqual({ state: 'waiting', message: 'waiting for the registry' });
    expect(clock.nextWakeMilliseconds).toBeLessThan(1_000);
    registry.comeBack();
    clock.advance(1_000);
    await until('it is loaded', () => served.length === 1);
    expect(states).toEqual({ registry: { state: 'ok' }, model: { state: 'ok' } });
  });

  test('tries a version again that it could not check for want of public keys', async () => {
    const registry = registryWith('1');
    registry.aliases.set('champion', '1');
    let isWithoutKeys = true;
    const { clock, served, states, idle } = follow(registry, () => {
      if (isWithoutKeys) throw new SigningKeysError('/keys has no public key');
    });
    await idle();
    expect(states.model).toMatchObject({
      state: 'waiting',
      message: expect.stringContaining('/keys has no public key'),
    });
    isWithoutKeys = false;
    clock.advance(POLL_MILLISECONDS);
    await until('it is loaded', () => served.length === 1);
  });

  test('ends when it is told to, without an error', async () => {
    const { running, idle } = follow(registryWith());
    await idle();
    stopping.abort();
    await running;
  });
});
