import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { describe, expect, test } from '@jest/globals';
import { FileLeases } from '../../../../scripts/stream/file-leases.ts';
import { systemClock } from '../../../../services/shared/clock.ts';
import { formatLeaseFile } from '../../../../services/stream/lease/lease-file.ts';
import { requestEdit, takeEdits, waitingEdits } from '../../../../services/stream/lease/lease-file-edits.ts';
import { LeaseFileLock } from '../../../../services/stream/lease/lease-file-lock.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { leaseAt, shardAt } from '../../../support/stream/shard-views.ts';
import { until } from '../../../support/until.ts';

const directory = mkdtempSync(`${tmpdir()}/file-leases-`);
let files = 0;

/** There is no such file yet. */
function leasesOf() {
  const file = `${directory}/${++files}.json`;
  return { file, leases: new FileLeases({ file, stream: 'in', clock: systemClock }) };
}

/** The lease file of a process that ended without a stop. Its id is in use: this test has it now. */
function leftByCrash() {
  const made = leasesOf();
  const user = { name: 'laptop', pid: process.pid };
  const leases = [{ ...leaseAt(shardAt(0, 1)), released: false }];
  writeFileSync(made.file, formatLeaseFile({ stream: 'in', leases, edits: [], process: user }));
  return made;
}

describe('a lease file', () => {
  test('that does not exist is named', async () => {
    const { file, leases } = leasesOf();
    expect(await leases.state()).toMatchObject({ absentFile: file, leases: [] });
    expect((await leftByCrash().leases.state()).absentFile).toBeUndefined();
  });

  test('is no longer absent when a change waits for its first process', async () => {
    const { file, leases } = leasesOf();
    const lease = leaseAt(shardAt(0, 1));
    await requestEdit(file, { id: '1', stream: 'in', seen: undefined, exact: false, lease });
    expect(await leases.state()).toMatchObject({
      absentFile: undefined,
      leases: [{ shardId: lease.shardId }],
    });
  });

  test('takes one of two changes that wait, refuses the other, and shows the first', async () => {
    const { file, leases } = leasesOf();
    const seen = leaseAt(shardAt(0, 1));
    writeFileSync(file, formatLeaseFile({ stream: 'in', leases: [seen], edits: [] }));
    const change = (sequenceNumber: string, createdMilliseconds: number) =>
      leases.change({
        seen,
        exact: false,
        lease: { ...seen, checkpoint: { kind: 'record', sequenceNumber }, createdMilliseconds },
      });
    expect(await change('3', 1)).toBe('waiting');
    const [made] = (await leases.state()).leases;
    await expect(change('4', 2)).rejects.toThrow('was changed by another person meanwhile');
    expect((await leases.state()).leases).toEqual([made]);
    expect(made?.checkpoint).toEqual({ kind: 'record', sequenceNumber: '3' });
  });

  test('gets changes that are asked for at once in one write, and each change has its own answer', async () => {
    const { file, leases } = leasesOf();
    const seen = leaseAt(shardAt(0, 1));
    writeFileSync(file, formatLeaseFile({ stream: 'in', leases: [seen], edits: [] }));
    const change = (createdMilliseconds: number) =>
      leases.change({ seen, exact: false, lease: { ...seen, createdMilliseconds } });
    const results = await Promise.allSettled([change(1), change(2)]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    // Every write begins with an empty line.
    expect(readFileSync(`${file}.edits`, 'utf8').match(/^$/gm)).toHaveLength(2);
    expect(await waitingEdits(file)).toHaveLength(2);
  });

  test('tells that its process does not answer a change', async () => {
    const { file } = leasesOf();
    const clock = new ManualClock();
    const leases = new FileLeases({ file, stream: 'in', clock });
    const lock = await LeaseFileLock.acquire(file, 'process 7 on laptop');
    const lease = leaseAt(shardAt(0, 1));
    const result = leases.change({ seen: undefined, exact: false, lease });
    await until('the tool looks for an answer', () => clock.sleeping > 0);
    clock.advance(6_000);
    expect(await result).toBe('unanswered');
    await lock.release();
  });

  test('shows a change that a crash left, unless the file answers it', async () => {
    const { file, leases } = leasesOf();
    const lease = leaseAt(shardAt(0, 1));
    await requestEdit(file, { id: '1', stream: 'in', seen: undefined, exact: false, lease });
    await takeEdits(file);
    expect((await leases.state()).leases).toHaveLength(1);
    writeFileSync(file, formatLeaseFile({ stream: 'in', leases: [], edits: [{ id: '1' }] }));
    expect((await leases.state()).leases).toHaveLength(0);
  });

  test('that cannot be read is named', async () => {
    const leases = new FileLeases({ file: directory, stream: 'in', clock: systemClock });
    await expect(leases.state()).rejects.toThrow(`the lease file ${directory} cannot be read: EISDIR`);
  });

  test('shows its process as a member for as long as that process holds the lock', async () => {
    const { file, leases } = leftByCrash();
    expect(await leases.state()).toMatchObject({
      members: [],
      leases: [{ isLive: false, owner: undefined }],
    });
    const lock = await LeaseFileLock.acquire(file, 'process 7 on laptop');
    expect(await leases.state()).toMatchObject({
      members: [{ name: 'laptop' }],
      leases: [{ isLive: true, owner: 'laptop' }],
    });
    await lock.release();
    expect((await leases.state()).members).toEqual([]);
  });

  test('cannot be drained: its process has to be stopped, if there is a process', async () => {
    const { file, leases } = leftByCrash();
    await expect(leases.assertCanDrain()).rejects.toThrow(`no process uses ${file}`);
    const lock = await LeaseFileLock.acquire(file, 'process 7 on laptop');
    await expect(leases.assertCanDrain()).rejects.toThrow(
      'has one member, laptop, so nobody could take its shards: stop process 7 on laptop instead',
    );
    await lock.release();
  });
});
