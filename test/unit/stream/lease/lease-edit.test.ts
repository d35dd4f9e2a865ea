import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterEach, describe, expect, test } from '@jest/globals';
import { FileLeaseStore } from '../../../../services/stream/lease/file-lease-store.ts';
import { assertAsSeen, editLease } from '../../../../services/stream/lease/lease-edit.ts';
import { formatLeaseFile, parseLeaseFile } from '../../../../services/stream/lease/lease-file.ts';
import {
  forgetEdits,
  requestEdit,
  takeEdits,
  waitingEdits,
} from '../../../../services/stream/lease/lease-file-edits.ts';
import { filesOf } from '../../../../services/stream/lease/lease-file-names.ts';
import { unreadLease } from '../../../../services/stream/lease/shard-lease.ts';
import { recordingLogger } from '../../../support/stream/recording-logger.ts';
import { until } from '../../../support/until.ts';

const directory = mkdtempSync(`${tmpdir()}/lease-edit-`);
const file = `${directory}/leases.json`;
afterEach(() => {
  for (const name of filesOf(file)) rmSync(name, { force: true });
});

const record = (sequenceNumber: string) => ({ kind: 'record', sequenceNumber }) as const;
const LEASE = unreadLease({
  shardId: 'shardId-0',
  parents: [],
  hashRange: undefined,
  epoch: 3,
  checkpoint: record('5'),
});
const MOVED = { ...LEASE, checkpoint: { kind: 'trim_horizon' }, createdMilliseconds: 9 } as const;

function request(change: object = {}) {
  return requestEdit(file, { id: 'one', stream: 'in', seen: LEASE, exact: false, lease: MOVED, ...change });
}

describe('an edit of a lease', () => {
  test('forgets what concerns the old position', () => {
    const edited = editLease({ ...LEASE, uncleanEnds: 4, trying: '5:0', owner: 'pod' }, MOVED);
    expect(edited).toMatchObject({ uncleanEnds: 0, trying: undefined, checkpoint: { kind: 'trim_horizon' } });
  });

  test.each([
    ['progress of the same owner is no conflict', { checkpoint: record('6') }, false, undefined],
    ['progress is a conflict if the edit is exact', { checkpoint: record('6') }, true, 'is at 6 by now'],
    [
      'the end of the shard is a conflict',
      { checkpoint: { kind: 'shard_end' } },
      false,
      'is at SHARD_END by now',
    ],
    [
      'an edit by another person is a conflict',
      { createdMilliseconds: 8 },
      false,
      'changed by another person',
    ],
    ['another owner is a conflict', { epoch: 4 }, false, 'changed its owner meanwhile'],
  ] as const)('%s', (_, change, exact, problem) => {
    const check = () => assertAsSeen('shardId-0', { ...LEASE, ...change }, LEASE, exact);
    if (problem === undefined) expect(check).not.toThrow();
    else expect(check).toThrow(problem);
  });

  test('a lease that came or went meanwhile is a conflict', () => {
    expect(() => assertAsSeen('shardId-0', undefined, LEASE, false)).toThrow('was removed meanwhile');
    expect(() => assertAsSeen('shardId-0', LEASE, undefined, false)).toThrow('has a lease by now');
  });
});

describe('edits of a lease file', () => {
  async function started(logger = recordingLogger().logger): Promise<FileLeaseStore> {
    const store = new FileLeaseStore({ file, stream: 'in', logger });
    await store.start(() => {});
    return store;
  }

  test('are made by the process that uses the file, which then refuses writes of the old version', async () => {
    const store = await started();
    const stored = await store.create(LEASE);
    await request();
    await until('the edit is made', () => store.leases()[0]?.checkpoint.kind === 'trim_horizon');
    await expect(store.replace(stored)).rejects.toThrow('was changed meanwhile');
    await store.stop();
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({
      edits: [{ id: 'one' }],
      leases: [{ checkpoint: 'TRIM_HORIZON', createdMilliseconds: 9 }],
    });
    expect(await waitingEdits(file)).toEqual([]);
  });

  test('wait for the next process, also if there is no lease file yet', async () => {
    await request({ seen: undefined });
    expect(await waitingEdits(file)).toMatchObject([{ id: 'one', seen: undefined }]);
    const store = await started();
    expect(store.leases()).toMatchObject([{ shardId: 'shardId-0', checkpoint: { kind: 'trim_horizon' } }]);
    await store.stop();
  });

  test('that a crash left half-way are made once', async () => {
    const first = await started();
    await first.create(LEASE);
    await request();
    await until('the edit is made', () => first.leases()[0]?.checkpoint.kind === 'trim_horizon');
    const line = {
      id: 'one',
      stream: 'in',
      seen: { epoch: 3, checkpoint: '5', createdMilliseconds: 0 },
      exact: false,
    };
    const [made] = first.leases();
    if (made === undefined) throw new Error('no lease');
    await first.replace({ ...made, checkpoint: record('7') });
    await first.stop();
    const entry = { ...MOVED, checkpoint: 'TRIM_HORIZON' };
    writeFileSync(`${file}.edits.taken`, `${JSON.stringify({ ...line, lease: entry })}\n`);
    const second = await started();
    expect(second.leases()).toMatchObject([{ checkpoint: record('7') }]);
    await second.stop();
  });

  test('that the process could not read are not requested', async () => {
    const lease = { ...MOVED, checkpoint: { kind: 'timestamp', atMilliseconds: 0.5 } } as const;
    await expect(request({ lease })).rejects.toThrow('checkpoint "AT_TIMESTAMP:0.5" must be');
    expect(await waitingEdits(file)).toEqual([]);
  });

  test('are made at the second try of a start that could not write', async () => {
    await request({ seen: undefined });
    mkdirSync(`${file}.partial`);
    const { logger, lines } = recordingLogger();
    const store = new FileLeaseStore({ file, stream: 'in', logger });
    await expect(store.start(() => {})).rejects.toThrow('EISDIR');
    rmSync(`${file}.partial`, { recursive: true });
    await store.start(() => {});
    const { leases, edits } = parseLeaseFile(file, readFileSync(file, 'utf8'));
    expect([leases.length, edits]).toEqual([1, [{ id: 'one' }]]);
    expect(lines).toEqual([]);
    await store.stop();
  });

  test('that a crash left are made before those that came later, at one start', async () => {
    await request({ seen: undefined });
    await takeEdits(file);
    const { createdMilliseconds, checkpoint } = MOVED;
    const seen = { epoch: 3, createdMilliseconds, checkpoint };
    await request({ id: 'two', seen, lease: { ...MOVED, checkpoint: record('8'), createdMilliseconds: 10 } });
    expect((await waitingEdits(file)).map(({ id }) => id)).toEqual(['one', 'two']);
    const store = await started();
    expect(store.leases()).toMatchObject([{ checkpoint: record('8') }]);
    await store.stop();
  });

  test('are judged by what the earlier edits make, and a refusal is logged', async () => {
    writeFileSync(file, formatLeaseFile({ stream: 'in', leases: [LEASE], edits: [] }));
    const other = { ...MOVED, checkpoint: record('8'), createdMilliseconds: 10 };
    await Promise.all([request(), request({ id: 'two', lease: other })]);
    const { logger, lines } = recordingLogger();
    const store = await started(logger);
    const [first, second] = parseLeaseFile(file, readFileSync(file, 'utf8')).edits;
    const reason = 'shardId-0 was changed by another person meanwhile';
    expect([first?.problem, second?.problem]).toEqual([undefined, reason]);
    const to = second?.id === 'two' ? '8' : 'TRIM_HORIZON';
    expect(lines).toMatchObject([
      { level: 'warn', shardId: 'shardId-0', edit: { id: second?.id, to }, reason },
    ]);
    await store.stop();
  });

  test('of many writers are all taken once, while a process takes them', async () => {
    const ids = Array.from({ length: 300 }, (_, index) => String(index));
    const taken: string[] = [];
    let isDone = false;
    const process = (async () => {
      while (!isDone || (await waitingEdits(file)).length > 0) {
        taken.push(...((await takeEdits(file))?.requests ?? []).map(({ id }) => id));
        await forgetEdits(file);
      }
    })();
    await Promise.all(ids.map((id) => request({ id })));
    isDone = true;
    await process;
    expect([...new Set(taken)].sort()).toEqual(ids.sort());
  });

  test('keep their answers, however many were requested together', async () => {
    await Promise.all(Array.from({ length: 250 }, (_, index) => request({ id: String(index) })));
    const store = await started();
    expect(parseLeaseFile(file, readFileSync(file, 'utf8')).edits).toHaveLength(250);
    await store.stop();
  });

  test('a line that a crash cut short is logged, and the next edit is made', async () => {
    appendFileSync(`${file}.edits`, '{"id":"cut');
    await request({ seen: undefined });
    const { logger, lines } = recordingLogger();
    const store = await started(logger);
    expect(store.leases()).toHaveLength(1);
    expect(lines).toMatchObject([{ level: 'warn', line: '{"id":"cut' }]);
    expect(await takeEdits(file)).toBeUndefined();
    await store.stop();
  });

  test('that cannot be read are tried again, and logged once', async () => {
    const { logger, lines } = recordingLogger();
    const store = await started(logger);
    mkdirSync(`${file}.edits.taken`);
    const failures = () => lines.filter(({ level }) => level === 'error').length;
    await until('the failure is logged', () => failures() === 1);
    await request({ seen: undefined });
    rmSync(`${file}.edits.taken`, { recursive: true });
    await until('the edit is made', () => store.leases().length === 1);
    expect(failures()).toBe(1);
    await store.stop();
  });

  test('that do not fit are refused with the reason', async () => {
    const store = await started();
    await store.create({ ...LEASE, epoch: 4 });
    await request();
    await request({ id: 'two', stream: 'other' });
    await until('both are answered', async () => (await waitingEdits(file)).length === 0);
    await store.stop();
    expect(JSON.parse(readFileSync(file, 'utf8')).edits).toEqual([
      { id: 'one', problem: 'shardId-0 changed its owner meanwhile' },
      { id: 'two', problem: `${file} holds the checkpoints of stream in` },
    ]);
  });

  test('tell which process uses the file, until it leaves the group', async () => {
    const store = await started();
    await store.announce({ name: 'pod-a', revision: '', joinedMilliseconds: 0 });
    expect(JSON.parse(readFileSync(file, 'utf8')).process).toEqual({ name: 'pod-a', pid: process.pid });
    await store.withdraw();
    await store.stop();
    expect(JSON.parse(readFileSync(file, 'utf8')).process).toBeUndefined();
  });
});
