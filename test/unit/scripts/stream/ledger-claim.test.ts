import { spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { describe, expect, test } from '@jest/globals';
import { LedgerClaim } from '../../../../scripts/stream/redrive/ledger-claim.ts';
import { isAlive, ownMark } from '../../../../scripts/stream/redrive/process-mark.ts';

const SINCE = '2026-01-31T12:00:00.000Z';
const NOW = Date.parse(SINCE);

function newLedger(): string {
  return `${mkdtempSync(`${tmpdir()}/claim-`)}/deep/redriven.jsonl`;
}

/** A line of a lock, as a redrive of this process leaves it. */
const line = (mark: object) => `\n${JSON.stringify({ id: 'other', since: SINCE, ...mark })}\n`;

function deadPid(): number {
  return spawnSync(process.execPath, ['--version']).pid;
}

describe('the claim of a ledger', () => {
  test('is refused while a living process has it, and leaves no file', async () => {
    const ledger = newLedger();
    const claim = await LedgerClaim.take(ledger, NOW);
    await expect(LedgerClaim.take(ledger, NOW)).rejects.toThrow(
      `--ledger ${ledger}: process ${process.pid} redrives with this ledger since ${SINCE}. Wait until it ends`,
    );
    await claim.release();
    expect(existsSync(`${ledger}.lock`)).toBe(false);
    await (await LedgerClaim.take(ledger, NOW)).release();
  });

  test('is not held by a dead process, by a process with its id, or by a line that a crash cut', async () => {
    const ledger = newLedger();
    await (await LedgerClaim.take(ledger, NOW)).release();
    writeFileSync(`${ledger}.lock`, line({ pid: deadPid() }));
    // Only Linux tells when a process began.
    if (process.platform === 'linux')
      appendFileSync(`${ledger}.lock`, line({ pid: process.pid, startTicks: '1' }));
    appendFileSync(`${ledger}.lock`, line({ pid: process.pid }).slice(0, -5));
    await (await LedgerClaim.take(ledger, NOW)).release();
    expect(existsSync(`${ledger}.lock`)).toBe(false);
  });

  test('is not held by a redrive that was refused before the holder died', async () => {
    const ledger = newLedger();
    await LedgerClaim.take(ledger, NOW);
    await expect(LedgerClaim.take(ledger, NOW)).rejects.toThrow('redrives with this ledger');
    const lock = `${ledger}.lock`;
    const [holder = '', ...others] = readFileSync(lock, 'utf8').split('\n').filter(Boolean);
    writeFileSync(lock, [line({ ...JSON.parse(holder), pid: deadPid() }), ...others, ''].join('\n'));
    await (await LedgerClaim.take(ledger, NOW)).release();
  });

  test('is had by one of many at a time', async () => {
    const ledger = newLedger();
    let holders = 0;
    let taken = 0;
    const ask = async () => {
      try {
        const claim = await LedgerClaim.take(ledger, NOW);
        taken++;
        expect(++holders).toBe(1);
        await new Promise((resolve) => setImmediate(resolve));
        holders--;
        await claim.release();
      } catch (error) {
        expect((error as Error).message).toContain('redrives with this ledger');
      }
    };
    await Promise.all(
      Array.from({ length: 20 }, async () => {
        for (let times = 0; times < 10; times++) await ask();
      }),
    );
    expect(taken).toBeGreaterThan(0);
    await (await LedgerClaim.take(ledger, NOW)).release();
  });

  test('names a path that cannot be used', async () => {
    await expect(LedgerClaim.take(`${process.execPath}/ledger`, NOW)).rejects.toThrow(
      /ledger.lock cannot be used: ENOTDIR|ledger.lock cannot be used: EEXIST/,
    );
  });
});

describe('a process', () => {
  test('is known by its id and its start', async () => {
    const own = await ownMark();
    expect(await isAlive(own)).toBe(true);
    expect(await isAlive({ pid: own.pid })).toBe(true);
    expect(await isAlive({ pid: deadPid() })).toBe(false);
  });
});
