import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { standingRefusal } from '../../../operators/rollout/decision/refusals.ts';
import { REQUEST_ANNOTATIONS } from '../../../services/shared/agreements/request-annotations.ts';
import type { Refusal } from '../../../services/shared/model-deployment/status.ts';
import { ago, rolloutOf } from '../../support/rollout-of.ts';
import { digestOf, RolloutWorld } from '../../support/rollout-world.ts';

async function worldThatRefused(...versions: string[]): Promise<RolloutWorld> {
  const world = new RolloutWorld();
  await world.promote('1');
  for (const version of versions) {
    await world.promote(version, 'errs when deciding');
    expect(world.status.failed?.version).toBe(version);
  }
  return world;
}

/** Versions that pods were told to load from now on. */
function loadedFromNowOn(world: RolloutWorld): Set<string> {
  const loaded = new Set<string>();
  const stored = world.onStatus;
  world.onStatus = (before, after) => {
    stored(before, after);
    const { candidate, stable } = after;
    if (candidate?.mode !== undefined && candidate.version !== stable?.version) loaded.add(candidate.version);
  };
  return loaded;
}

describe('a version that was refused', () => {
  test('is loaded by no pod again, however often the alias comes back to it', async () => {
    const world = await worldThatRefused('2');
    const [at, loaded] = [world.status.failed?.at, loadedFromNowOn(world)];
    for (let time = 0; time < 10; time++) {
      for (const version of ['1', '2']) {
        world.alias = version;
        await world.until(
          'the alias is followed',
          () => world.status.phase === (version === '1' ? 'Stable' : 'RolledBack'),
        );
      }
    }
    expect([...loaded]).toEqual([]);
    expect(world.status).toMatchObject({ failed: { version: '2', reason: 'CanaryFailed', at } });
    expect(world.events.at(-1)?.reason).toBe('RolledBack');
  });

  test('stays refused while other versions are refused, promoted and retried', async () => {
    const world = await worldThatRefused('2', '3');
    world.flaws.set('3', 'none');
    world.annotate(REQUEST_ANNOTATIONS.retry, 'again');
    await world.until('version 3 serves', () => world.settled && world.status.stable?.version === '3');
    const loaded = loadedFromNowOn(world);
    world.alias = '2';
    await world.until('the refusal', () => world.status.failed?.version === '2');
    expect([...loaded]).toEqual([]);
  });

  test('replaces a candidate whose alias moves to it, and gives that candidate up', async () => {
    const world = await worldThatRefused('2');
    world.alias = '3';
    await world.until('the pin', () => world.currentPin?.version === '3');
    world.alias = '2';
    await world.until('the end', () => world.settled);
    expect(world.status).toMatchObject({
      phase: 'RolledBack',
      stable: { version: '1' },
      failed: { version: '2', reason: 'CanaryFailed' },
    });
  });

  test('is verified again if the annotation names it, before the alias moves or after', async () => {
    for (const early of [true, false]) {
      const world = await worldThatRefused('2');
      world.alias = '1';
      await world.until('version 1 is back', () => world.status.failed === undefined);
      world.flaws.set('2', 'none');
      if (early) world.annotate(REQUEST_ANNOTATIONS.retry, '2-again');
      world.alias = '2';
      if (!early) {
        await world.until('the refusal', () => world.status.failed !== undefined);
        world.annotate(REQUEST_ANNOTATIONS.retry, '2');
      }
      await world.until('version 2 serves', () => world.settled && world.status.stable?.version === '2');
      expect(world.status.refusals).toMatchObject([{ version: '2', liftedAt: expect.any(String) }]);
    }
  });

  test('that had served well goes through every gate when it is tried again', async () => {
    const world = await worldThatRefused();
    await world.promote('2');
    world.flaws.set('1', 'never becomes ready');
    world.alias = '1';
    await world.until('the refusal', () => world.settled && world.status.failed?.version === '1');
    world.flaws.set('1', 'none');
    const phases: unknown[] = [];
    world.onStatus = (_before, { phase }) => phases.push(phase);
    world.annotate(REQUEST_ANNOTATIONS.retry, '1');
    await world.until('version 1 serves', () => world.settled && world.status.stable?.version === '1');
    expect(phases).toEqual(expect.arrayContaining(['Verifying', 'Shadowing', 'Canary']));
  });

  test('is known by its files under another number too', async () => {
    const world = await worldThatRefused('2');
    const digest = world.status.failed?.digest;
    world.registry.digestOf = (version) => digestOf(version === '7' ? '2' : version);
    world.alias = '7';
    const loaded = loadedFromNowOn(world);
    await world.until('the refusal', () => world.status.failed?.version === '7');
    expect(world.status.failed).toMatchObject({ reason: 'CanaryFailed', digest });
    expect([...loaded]).toEqual([]);
  });

  test('is remembered beside 49 others', async () => {
    const world = await worldThatRefused();
    for (let version = 2; version <= 60; version++)
      await world.promote(String(version), 'refused by verification');
    const kept = world.status.refusals?.map(({ version }) => version);
    expect(kept).toEqual(Array.from({ length: 50 }, (_, index) => String(60 - index)));
  });
});

describe('a retry annotation that lifted a refusal', () => {
  async function refusedAgain(value: string): Promise<RolloutWorld> {
    const world = await worldThatRefused('2');
    world.annotate(REQUEST_ANNOTATIONS.retry, value);
    const loaded = loadedFromNowOn(world);
    await world.until('the second refusal', () => world.settled && loaded.has('2'));
    return world;
  }

  test.each<[string, (world: RolloutWorld) => void]>([
    ['is removed', (world) => world.mark({ annotations: {} })],
    ['is emptied', (world) => world.annotate(REQUEST_ANNOTATIONS.retry, '')],
    ['names another version', (world) => world.annotate(REQUEST_ANNOTATIONS.retry, '3-again')],
    ['names another version with more digits', (world) => world.annotate(REQUEST_ANNOTATIONS.retry, '23')],
  ])('lifts no further refusal if it %s', async (_what, change) => {
    const world = await refusedAgain('2-again');
    const loaded = loadedFromNowOn(world);
    change(world);
    await followAliases(world, ['2', '1', '2']);
    expect([...loaded]).toEqual([]);
    expect(world.status.failed).toMatchObject({ version: '2', reason: 'CanaryFailed' });
  });

  test.each(['2-again', 'again'])(
    'lifts no further refusal if %s is removed and set again',
    async (value) => {
      const world = await refusedAgain(value);
      const loaded = loadedFromNowOn(world);
      world.mark({ annotations: {} });
      await followAliases(world, ['2', '1', '2']);
      world.annotate(REQUEST_ANNOTATIONS.retry, value);
      await followAliases(world, ['2', '1', '2']);
      expect([...loaded]).toEqual([]);
    },
  );
});

async function followAliases(world: RolloutWorld, versions: readonly string[]): Promise<void> {
  for (const version of versions) {
    world.alias = version;
    for (let look = 0; look < 5; look++) await world.step();
  }
}

describe('the retry annotation', () => {
  const refusal: Refusal = { version: '7', reason: 'CanaryFailed', message: '', at: ago(60) };
  const stands = (retry: string | undefined, refused: Partial<Refusal> = {}, status = {}) =>
    standingRefusal(rolloutOf({ retry, status: { refusals: [{ ...refusal, ...refused }], ...status } }), {
      version: '7',
    }) !== undefined;

  test.each(['7', '7-again', '7 after the fix', '7.1'])('%s lifts the refusal of version 7', (retry) => {
    expect(stands(retry)).toBe(false);
  });

  test.each([undefined, '', '70', '77', '17', 'again', 'v7'])('%s does not', (retry) => {
    expect(stands(retry)).toBe(true);
  });

  test('does not lift the refusal that came after it', () => {
    expect(stands('7-again', { retry: '7-again' })).toBe(true);
    expect(stands('7-once-more', { retry: '7-again' })).toBe(false);
  });

  test('lifts the refusal that is shown by another value that begins with no digit', () => {
    expect(stands('again', {}, { failed: refusal })).toBe(false);
    expect(stands(undefined, {}, { failed: refusal })).toBe(true);
    expect(stands('again', {}, { failed: { ...refusal, retry: 'again' } })).toBe(true);
  });

  test.each([undefined, '', '70', '8', '8-again'])('%s does not lift the refusal that is shown', (retry) => {
    expect(stands(retry, {}, { failed: { ...refusal, retry: '7-again' } })).toBe(true);
  });

  test('names exactly one number', () => {
    const number = fc.integer({ min: 1, max: 10_000 }).map(String);
    fc.assert(
      fc.property(number, number, (named, other) => {
        const status = { refusals: [{ ...refusal, version: other }] };
        const standing = standingRefusal(rolloutOf({ retry: named, status }), { version: other });
        expect(standing === undefined).toBe(named === other);
      }),
    );
  });
});
