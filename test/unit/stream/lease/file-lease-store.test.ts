import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { afterAll, describe, expect, test } from '@jest/globals';
import { FileLeaseStore } from '../../../../services/stream/lease/file-lease-store.ts';
import { parseLeaseFile } from '../../../../services/stream/lease/lease-file.ts';
import { LeaseFileLock, lockHolder } from '../../../../services/stream/lease/lease-file-lock.ts';
import { lockFileOf } from '../../../../services/stream/lease/lease-file-names.ts';
import { type StoredLease, unreadLease } from '../../../../services/stream/lease/shard-lease.ts';
import { recordingLogger } from '../../../support/stream/recording-logger.ts';

const directory = mkdtempSync(`${tmpdir()}/file-lease-store-`);
let files = 0;
const newFile = () => `${directory}/${++files}.json`;
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const at = (sequenceNumber: string) => ({ checkpoint: { kind: 'record', sequenceNumber } }) as const;
const LEASE = {
  ...unreadLease({ shardId: 'shardId-0', parents: [], hashRange: undefined, epoch: 1, ...at('1') }),
  owner: 'a',
  released: false,
};

function storeOf(file: string) {
  const recording = recordingLogger();
  let news = 0;
  const store = new FileLeaseStore({ file, stream: 'in', logger: recording.logger });
  const start = () => store.start((change) => (news += change === 'news' ? 1 : 0));
  const member = (name: string) => store.announce({ name, revision: '', joinedMilliseconds: 0 });
  return { ...recording, store, start, member, news: () => news };
}

function storedIn(file: string) {
  return parseLeaseFile(file, readFileSync(file, 'utf8')).leases[0];
}

/** Two processes that cannot see each other's lock, e.g. because they are on two machines. */
async function twoWithoutLock() {
  const file = newFile();
  const first = storeOf(file);
  await first.start();
  await first.member('a');
  const lease = await first.store.create(LEASE);
  rmSync(lockFileOf(file));
  const second = storeOf(file);
  await second.start();
  await second.member('b');
  const taken = (await second.store.read(LEASE.shardId)) as StoredLease;
  await second.store.replace({ ...taken, ...at('5'), owner: 'b', epoch: 2 });
  return { file, first, second, lease };
}

describe('a lease file', () => {
  test('refuses a second process, until the first one stops', async () => {
    const file = newFile();
    const [first, second] = [storeOf(file), storeOf(file)];
    await first.start();
    await expect(second.start()).rejects.toThrow(
      `${file} is in use by process ${process.pid} on ${hostname()}: stop that process, or set LEASE_FILE`,
    );
    const lease = await first.store.create(LEASE);
    await first.store.stop();
    await second.start();
    expect(await second.store.read(lease.shardId)).toMatchObject(at('1'));
    await second.store.stop();
    expect(await lockHolder(file)).toBeUndefined();
  });

  test('is free again if its process cannot use it', async () => {
    const file = newFile();
    writeFileSync(file, 'no lease file');
    await expect(storeOf(file).start()).rejects.toThrow('is not a lease file');
    await (await LeaseFileLock.acquire(file, 'next')).release();
  });

  test('that another process overwrote is not overwritten again: no checkpoint goes back', async () => {
    const { file, first, second, lease } = await twoWithoutLock();
    const before = first.news();
    await expect(first.store.replace({ ...lease, ...at('2') })).rejects.toThrow(
      `${file} is also written by b: stop one of the two processes`,
    );
    expect(storedIn(file)).toMatchObject(at('5'));
    expect(first.news()).toBeGreaterThan(before);
    expect(await first.store.read(lease.shardId)).toMatchObject({ owner: 'b', epoch: 2 });
    expect(first.lines).toMatchObject([{ level: 'error', message: 'this process gives up all shards' }]);
    const found = (await first.store.read(lease.shardId)) as StoredLease;
    await expect(first.store.replace(found)).rejects.toMatchObject({ name: 'LeaseConflict' });
    await expect(first.member('a')).rejects.toThrow('is also written by b');
    await first.store.stop();
    await second.store.stop();
  });

  test('goes on with its process if a person edits it, breaks it or deletes it', async () => {
    const file = newFile();
    const { store, start } = storeOf(file);
    await start();
    let lease = await store.create(LEASE);
    const changes = [
      () => writeFileSync(file, readFileSync(file, 'utf8').replace('"1"', '"9"')),
      () => writeFileSync(file, '{'),
      () => rmSync(file),
    ];
    for (const change of changes) {
      change();
      lease = await store.replace({ ...lease, ...at('3') });
      expect(storedIn(file)).toMatchObject(at('3'));
    }
    await store.stop();
  });

  test('of an earlier version, which names no writer, is read and replaced', async () => {
    const file = newFile();
    const first = storeOf(file);
    await first.start();
    await first.store.create(LEASE);
    await first.store.stop();
    const { writer, ...older } = JSON.parse(readFileSync(file, 'utf8'));
    writeFileSync(file, JSON.stringify({ ...older, process: { name: 'old', pid: 1 } }));
    const second = storeOf(file);
    await second.start();
    const lease = (await second.store.read(LEASE.shardId)) as StoredLease;
    await second.store.replace({ ...lease, ...at('2') });
    expect([typeof writer, storedIn(file)]).toEqual(['string', expect.objectContaining(at('2'))]);
    await second.store.stop();
  });

  test('in a directory without sockets has a process that warns', async () => {
    // Too long for a socket, although its directory is short.
    const file = `${directory}/${'f'.repeat(120)}.json`;
    const { store, start, lines } = storeOf(file);
    await start();
    expect(lines).toMatchObject([{ level: 'warn', message: expect.stringContaining('cannot be locked') }]);
    await store.create(LEASE);
    await store.stop();
  });
});
