import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, describe, expect, test } from '@jest/globals';
import { Registry } from 'prom-client';
import { HeldLease, type Progress } from '../../../../services/stream/group/held-lease.ts';
import { FileLeaseStore } from '../../../../services/stream/lease/file-lease-store.ts';
import { type StoredLease, unreadLease } from '../../../../services/stream/lease/shard-lease.ts';
import { createStreamMetrics } from '../../../../services/stream/metrics.ts';
import { StreamHealth } from '../../../../services/stream/stream-health.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { recordingLogger } from '../../../support/stream/recording-logger.ts';
import { until } from '../../../support/until.ts';

const directory = mkdtempSync(`${tmpdir()}/held-lease-`);
const RENEW_MILLISECONDS = 5_000;
const VALID_MILLISECONDS = 8_000;
let files = 0;

afterAll(() => rmSync(directory, { recursive: true, force: true }));

async function hold() {
  const clock = new ManualClock();
  const { logger, messages } = recordingLogger();
  const store = new FileLeaseStore({ file: `${directory}/${++files}.json`, stream: 'in', logger });
  const unread = unreadLease({
    shardId: 'shard-0',
    parents: [],
    hashRange: { start: '0', end: '1' },
    epoch: 7,
    checkpoint: { kind: 'trim_horizon' },
  });
  const taken = await store.create({ ...unread, owner: 'me', released: false });
  const health = new StreamHealth(() => {}, logger);
  let progress: Progress = taken;
  const held = new HeldLease({
    lease: taken,
    store,
    renewMilliseconds: RENEW_MILLISECONDS,
    validMilliseconds: VALID_MILLISECONDS,
    progress: () => progress,
    clock,
    logger,
    health,
    metrics: createStreamMetrics(new Registry()),
    takenAt: clock.monotonic(),
  });
  const stored = () => store.leases()[0] as StoredLease;
  const advance = (sequenceNumber: string, doneThroughMilliseconds = 1) => {
    progress = { ...progress, checkpoint: { kind: 'record', sequenceNumber }, doneThroughMilliseconds };
  };
  const know = (facts: Partial<Progress>) => {
    progress = { ...progress, ...facts };
  };
  return { clock, store, held, stored, advance, know, health, messages };
}

describe('held lease', () => {
  test('a renewal stores how far the shard is done', async () => {
    const { clock, held, stored, advance } = await hold();
    advance('41');
    clock.advance(RENEW_MILLISECONDS);
    await until('the lease is renewed', () => stored().checkpoint.kind === 'record');
    expect(stored()).toMatchObject({ owner: 'me', epoch: 7, checkpoint: { sequenceNumber: '41' } });
    await held.release();
  });

  test('a renewal stores the load, which alone is not worth a write to a store that is not shared', async () => {
    const { clock, held, stored, advance, know } = await hold();
    know({ bytesPerSecond: 65_536 });
    const { version } = stored();
    clock.advance(RENEW_MILLISECONDS);
    await until('the renewal is over', () => clock.sleeping > 0);
    expect(stored()).toMatchObject({ version, bytesPerSecond: 0 });
    advance('41');
    clock.advance(RENEW_MILLISECONDS);
    await until('the lease is renewed', () => stored().version !== version);
    expect(stored()).toMatchObject({ checkpoint: { sequenceNumber: '41' }, bytesPerSecond: 65_536 });
    await held.release();
  });

  test('a store that is not shared is written on progress alone, and once a minute while the shard is idle', async () => {
    const { clock, held, stored, advance } = await hold();
    const versions = new Set<string>();
    const pass = async (renewals: number) => {
      for (let renewal = 0; renewal < renewals; renewal++) {
        clock.advance(RENEW_MILLISECONDS);
        for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
        await until('the renewal is over', () => clock.sleeping > 0);
        versions.add(stored().version);
      }
    };
    const { version } = stored();
    await pass(1);
    advance('41', 1_000);
    await pass(1);
    advance('41', 60_999);
    await pass(1);
    expect([...versions]).toHaveLength(2);
    expect(versions).toContain(version);
    advance('41', 61_000);
    await pass(1);
    expect([...versions]).toHaveLength(3);
    await held.release();
  });

  test('a process that was suspended must not write, before any of its timers has run', async () => {
    const { clock, held } = await hold();
    held.assertHeld();
    clock.advance(VALID_MILLISECONDS);
    expect(() => held.assertHeld()).toThrow('not renewed in time');
    expect(held.signal.aborted).toBe(true);
  });

  test('a lease that is lost while it cannot be written is no problem any more, and does not work again', async () => {
    const { clock, store, held, advance, health, messages } = await hold();
    advance('41');
    store.replace = () => Promise.reject(new Error('no answer'));
    clock.advance(RENEW_MILLISECONDS);
    await until('the failure is reported', () => health.message.startsWith('no answer'));
    clock.advance(VALID_MILLISECONDS);
    expect(() => held.assertHeld()).toThrow('not renewed in time');
    expect(health.message).toBe('');
    expect(messages).not.toContain('stream part works again');
  });

  test('a request to hand the shard over does not end the lease', async () => {
    const { clock, store, held, stored, advance } = await hold();
    await store.replace({ ...stored(), handOffTo: 'other' });
    advance('41');
    clock.advance(RENEW_MILLISECONDS);
    await until('the renewal is tried again', () => {
      clock.advance(clock.nextWakeMilliseconds ?? 0);
      return stored().checkpoint.kind === 'record';
    });
    expect(held.signal.aborted).toBe(false);
    expect(stored().handOffTo).toBe('other');
    await held.release('other');
    expect(stored()).toMatchObject({ owner: 'other', handOffTo: undefined, epoch: 8, released: true });
  });

  test('ends at once when another member is seen as the owner', async () => {
    const { store, held, stored } = await hold();
    await store.replace({ ...stored(), owner: 'other', epoch: 8 });
    held.compare(stored());
    expect(() => held.assertHeld()).toThrow('it belongs to other in epoch 8');
  });

  test('ends when a person changed the checkpoint, which stays as the person set it', async () => {
    const { clock, store, held, stored, advance } = await hold();
    await store.replace({ ...stored(), checkpoint: { kind: 'record', sequenceNumber: '9' } });
    advance('41');
    clock.advance(RENEW_MILLISECONDS);
    await until('the lease is lost', () => held.signal.aborted);
    expect(stored().checkpoint).toEqual({ kind: 'record', sequenceNumber: '9' });
  });

  test.each([
    ['to another position', { checkpoint: { kind: 'record', sequenceNumber: '9' } as const }],
    ['to the stored position while the owner is ahead of it', { createdMilliseconds: 5 }],
  ])('ends at once when an edit %s is seen, without waiting for the next renewal', async (_, edit) => {
    const { store, held, stored, advance } = await hold();
    advance('41');
    await store.replace({ ...stored(), ...edit });
    held.compare(stored());
    await until('the lease is lost', () => held.signal.aborted);
    expect(stored()).toMatchObject({ ...edit, owner: 'me' });
  });

  test('is created again with its progress if a person deleted it', async () => {
    const { store, held, stored, advance } = await hold();
    advance('41');
    await store.remove(stored());
    held.compare(undefined);
    await until('the lease is created again', () => store.leases().length === 1);
    expect(stored()).toMatchObject({ owner: 'me', epoch: 7, checkpoint: { sequenceNumber: '41' } });
    await held.release();
  });

  test('stores on request what the next owner must know, without waiting for the next renewal', async () => {
    const { held, stored, know } = await hold();
    know({ trying: '41:2', uncleanEnds: 3 });
    await held.store();
    expect(stored()).toMatchObject({ trying: '41:2', uncleanEnds: 3, released: false });
    await held.store();
    await held.release();
  });

  test('a request to store is met once the store works again', async () => {
    const { clock, store, held, stored, know } = await hold();
    const replace = store.replace.bind(store);
    store.replace = () => Promise.reject(new Error('no answer'));
    know({ trying: '41:2' });
    let met = false;
    const storing = held.store().then(() => {
      met = true;
    });
    await until('the store is tried again', () => clock.sleeping > 0);
    expect(met).toBe(false);
    store.replace = replace;
    await until('the request is met', () => {
      clock.advance(clock.nextWakeMilliseconds ?? 0);
      return met;
    });
    await storing;
    expect(stored().trying).toBe('41:2');
    await held.release();
  });

  test('a lease that is given up or handed over is marked as released, so that its next owner counts no crash', async () => {
    for (const successor of [undefined, 'other']) {
      const { held, stored } = await hold();
      await held.release(successor);
      expect(stored()).toMatchObject({ owner: successor, released: true });
    }
  });

  test('a release stores the last progress and lets anybody take the shard at once', async () => {
    const { held, stored, advance } = await hold();
    advance('41');
    await held.release();
    expect(stored()).toMatchObject({
      owner: undefined,
      released: true,
      epoch: 7,
      checkpoint: { sequenceNumber: '41' },
    });
  });
});
