import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, beforeEach, describe, expect, test } from '@jest/globals';
import { FileLeaseStore } from '../../../services/stream/lease/file-lease-store.ts';
import { requestEdit, takeEdits } from '../../../services/stream/lease/lease-file-edits.ts';
import { unreadLease } from '../../../services/stream/lease/shard-lease.ts';
import { removeLeaseFile } from '../../../services/stream/remove-lease-file.ts';
import { recordingLogger } from '../../support/stream/recording-logger.ts';

const directory = mkdtempSync(`${tmpdir()}/remove-lease-file-`);
const file = `${directory}/leases.json`;
const LEASE = unreadLease({
  shardId: 'shardId-0',
  parents: [],
  hashRange: undefined,
  epoch: 1,
  checkpoint: { kind: 'trim_horizon' },
});
const request = (id: string) =>
  requestEdit(file, { id, stream: 'in', seen: undefined, exact: false, lease: LEASE });
const newStore = () => new FileLeaseStore({ file, stream: 'in', logger: recordingLogger().logger });
beforeEach(() => {
  for (const name of readdirSync(directory)) rmSync(`${directory}/${name}`);
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe('the removal of a lease file', () => {
  test('leaves nothing that the next process would read, also after a crash', async () => {
    const store = newStore();
    await store.start(() => {});
    await store.create(LEASE);
    await store.stop();
    await request('one');
    await takeEdits(file);
    await request('two');
    for (const end of ['lock', 'partial']) writeFileSync(`${file}.${end}`, '');
    await removeLeaseFile(file);
    expect(readdirSync(directory)).toEqual([]);
    await removeLeaseFile(file);
  });

  test('is refused while a process uses the file', async () => {
    const store = newStore();
    await store.start(() => {});
    await store.create(LEASE);
    await expect(removeLeaseFile(file)).rejects.toThrow(`${file} is in use by process ${process.pid}`);
    expect(readdirSync(directory)).toContain('leases.json');
    await store.stop();
  });
});
