import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, describe, expect, test } from '@jest/globals';
import {
  LeaseFileInUse,
  LeaseFileLock,
  lockHolder,
} from '../../../../services/stream/lease/lease-file-lock.ts';
import { filesOf, lockFileOf, removalFileOf } from '../../../../services/stream/lease/lease-file-names.ts';

const directory = mkdtempSync(`${tmpdir()}/lock-`);
let files = 0;
const newFile = () => `${directory}/${++files}.json`;
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Holds the lock in a process of its own, and kills that process. The process cannot tidy up. */
async function crashWith(file: string): Promise<void> {
  const program = `require('node:net').createServer().listen(${JSON.stringify(lockFileOf(file))}, () => console.log('holds'))`;
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await once(child, 'exit');
}

describe('the lock of a lease file', () => {
  test('names its holder, and goes to one process at a time', async () => {
    const file = newFile();
    expect(await lockHolder(file)).toBeUndefined();
    const lock = await LeaseFileLock.acquire(file, 'process 7 on laptop');
    expect(await lockHolder(file)).toBe('process 7 on laptop');
    await expect(LeaseFileLock.acquire(file, 'process 8 on laptop')).rejects.toThrow(
      `${file} is in use by process 7 on laptop: stop that process, or set LEASE_FILE to another file`,
    );
    await lock.release();
    expect(await lockHolder(file)).toBeUndefined();
    expect(existsSync(lockFileOf(file))).toBe(false);
    await (await LeaseFileLock.acquire(file, 'process 8 on laptop')).release();
  });

  test('that a crash left is free, and the next process takes it', async () => {
    const file = newFile();
    await crashWith(file);
    expect(existsSync(lockFileOf(file))).toBe(true);
    expect(await lockHolder(file)).toBeUndefined();
    const lock = await LeaseFileLock.acquire(file, 'the next process');
    expect(await lockHolder(file)).toBe('the next process');
    await lock.release();
  });

  test('that a crash left goes to one of the processes that start at the same moment', async () => {
    const file = newFile();
    await crashWith(file);
    const names = ['a', 'b', 'c', 'd', 'e', 'f'];
    const results = await Promise.allSettled(names.map((name) => LeaseFileLock.acquire(file, name)));
    const locks = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    expect(locks).toHaveLength(1);
    for (const result of results)
      if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(LeaseFileInUse);
    await locks[0]?.release();
    expect(filesOf(file).filter(existsSync)).toEqual([]);
  });

  test('that a crash left is free also after a crash during its removal', async () => {
    const file = newFile();
    await crashWith(file);
    writeFileSync(removalFileOf(file), '');
    utimesSync(removalFileOf(file), 0, 0);
    await (await LeaseFileLock.acquire(file, 'the next process')).release();
    expect(filesOf(file).filter(existsSync)).toEqual([]);
  });

  test('of a path that is too long for a socket works as well', async () => {
    const deep = `${directory}/${'d'.repeat(200)}`;
    mkdirSync(deep);
    const lock = await LeaseFileLock.acquire(`${deep}/leases.json`, 'a deep process');
    expect(await lockHolder(`${deep}/leases.json`)).toBe('a deep process');
    await expect(LeaseFileLock.acquire(`${deep}/leases.json`, 'other')).rejects.toThrow('in use by a deep');
    await lock.release();
    expect(existsSync(lockFileOf(`${deep}/leases.json`))).toBe(false);
  });

  test('is not blocked by a file of its name', async () => {
    const file = newFile();
    writeFileSync(lockFileOf(file), '');
    expect(await lockHolder(file)).toBeUndefined();
    await (await LeaseFileLock.acquire(file, 'a process')).release();
  });

  test('in a directory that does not exist has no holder', async () => {
    expect(await lockHolder(`${directory}/none/leases.json`)).toBeUndefined();
    expect(await lockHolder(`${directory}/${'n'.repeat(200)}/leases.json`)).toBeUndefined();
  });
});
