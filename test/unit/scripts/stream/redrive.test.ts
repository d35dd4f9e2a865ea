import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { DeadLetter } from '../../../../scripts/stream/redrive/dead-letter.ts';
import { type LetterFilter, matches } from '../../../../scripts/stream/redrive/letter-filter.ts';
import { RedriveChunk, type RedriveEntry } from '../../../../scripts/stream/redrive/redrive-chunk.ts';
import { RedriveLedger } from '../../../../scripts/stream/redrive/redrive-ledger.ts';
import { RedrivePlan } from '../../../../scripts/stream/redrive/redrive-plan.ts';
import { redriveText } from '../../../../scripts/stream/redrive/redrive-text.ts';

function letter(change: Partial<DeadLetter> = {}): DeadLetter {
  return {
    decision_id: '00000000-0000-5000-8000-000000000001',
    shard_id: 'shardId-000000000003',
    error: { code: 'out_of_range', field: 'LoanAmount' },
    stream: 'in',
    partition_key: 'applicant-7',
    payload: Buffer.from('{"secret":1}').toString('base64'),
    rejected_at: '2026-01-31T12:00:00.000Z',
    ...change,
  };
}

const id = (index: number) => `00000000-0000-5000-8000-${String(index).padStart(12, '0')}`;

function planOf(letters: readonly (DeadLetter | undefined)[], filter: LetterFilter = {}, limit = 100) {
  const plan = new RedrivePlan({ filter, stream: 'in', limit, isRedriven: (it) => it === id(99) });
  for (const it of letters) plan.add(it);
  return plan;
}

describe('the filter of a redrive', () => {
  test.each([
    [{ codes: ['out_of_range', 'other'] }, true],
    [{ codes: ['other'] }, false],
    [{ fields: ['LoanAmount'] }, true],
    [{ fields: ['Gender'] }, false],
    [{ shard: '3' }, true],
    [{ shard: 'shardId-000000000003' }, true],
    [{ shard: '4' }, false],
    [{ shard: '003' }, true],
    [{ shard: '03x' }, false],
    [{ sinceMilliseconds: Date.UTC(2026, 0, 31, 12) }, true],
    [{ sinceMilliseconds: Date.UTC(2026, 0, 31, 12) + 1 }, false],
    [{ untilMilliseconds: Date.UTC(2026, 0, 31, 12) }, false],
    [{ untilMilliseconds: Date.UTC(2026, 0, 31, 12) + 1 }, true],
  ])('%j gives %s', (filter, fits) => {
    expect(matches(filter, letter())).toBe(fits);
  });
});

describe('the plan of a redrive', () => {
  test('takes each decision id once, and says why it skips the rest', () => {
    const plan = planOf(
      [
        letter({ decision_id: id(1) }),
        letter({ decision_id: id(1) }),
        letter({ decision_id: id(2), payload_truncated: true }),
        letter({ decision_id: id(99) }),
        letter({ decision_id: id(3), stream: 'another' }),
        undefined,
        letter({ decision_id: id(4) }),
        letter({ decision_id: id(5), error: { code: 'not_json' } }),
      ],
      { codes: ['out_of_range'] },
      1,
    );
    expect([...plan.chosen]).toEqual([id(1)]);
    expect(Object.fromEntries(plan.skipped)).toEqual({
      repeat: 1,
      truncated: 1,
      'redriven before': 1,
      'other stream': 1,
      unreadable: 1,
      filtered: 1,
      'over the limit': 1,
    });
  });

  test.each([
    ['in', 1],
    ['arn:aws:kinesis:us-east-1:111111111111:stream/in', 1],
    ['arn:aws:kinesis:us-east-1:111111111111:stream/out', 0],
    ['out', 0],
  ])('takes the letters of the input stream, whether %s is a name or an ARN', (stream, taken) => {
    expect(planOf([letter({ stream })]).chosen.size).toBe(taken);
  });

  test('says which codes and fields no dead letter has, also of letters that the filter leaves out', () => {
    const filter = { codes: ['not_json', 'poison'], fields: ['LoanAmount', 'Incme'] };
    const plan = planOf([letter(), letter({ error: { code: 'not_json' } })], filter);
    expect(
      redriveText(plan, { input: 'in', rejects: 'rejects' }, { rate: 100, readMilliseconds: 0 }),
    ).toEqual(
      expect.arrayContaining([
        '  no dead letter that was read has the code poison: they have not_json, out_of_range',
        '  no dead letter that was read has the field Incme: they have LoanAmount',
        'nothing to redrive',
      ]),
    );
    expect(planOf([letter()], { codes: ['out_of_range'], fields: ['LoanAmount'] }).unseen).toEqual([]);
    expect(planOf([], { fields: ['Incme'] }).unseen).toEqual([expect.stringContaining('no field at all')]);
  });

  test('refuses a shard that neither the stream nor a dead letter has', () => {
    const shardIds = ['shardId-000000000000', 'shardId-000000000001'];
    const check = (shard: string) => () => planOf([letter()], { shard }).assertShard(shardIds);
    expect(check('1')).not.toThrow();
    expect(check('3')).not.toThrow();
    expect(check('33')).toThrow(
      '--shard 33: neither in nor a dead letter has this shard. Known shards: 0, 1, 3',
    );
  });

  test.each([
    [{ rate: 100, readMilliseconds: 0 }, 'at most 100 a second, about 1 s'],
    [{ rate: 1, readMilliseconds: 0 }, 'at most 1 a second, about 2 s'],
    [{ rate: 100, readMilliseconds: 4_001 }, 'at most 100 a second, about 5 s'],
  ])('announces the time of the slower of reading and putting: %j', (pace, words) => {
    const plan = planOf([letter(), letter({ decision_id: id(2) })]);
    expect(redriveText(plan, { input: 'in', rejects: 'rejects' }, pace).at(-1)).toContain(words);
  });

  test('shows neither payloads nor partition keys', () => {
    const text = redriveText(
      planOf([letter()]),
      { input: 'in', rejects: 'rejects' },
      { rate: 100, readMilliseconds: 0 },
    ).join('\n');
    expect(text).toContain('out_of_range  LoanAmount  1');
    expect(text).not.toMatch(/secret|applicant|eyJ/);
  });
});

describe('a chunk of a redrive', () => {
  test('holds at most so many entries, and keeps their order', () => {
    const entries = fc.array(fc.record({ partitionKey: fc.constantFrom('a', 'b', 'c') }), { maxLength: 40 });
    fc.assert(
      fc.property(entries, fc.integer({ min: 1, max: 5 }), (keys, most) => {
        const given = keys.map(
          ({ partitionKey }, index): RedriveEntry => ({
            partitionKey,
            data: Buffer.of(index),
            decisionId: id(index),
          }),
        );
        const chunk = new RedriveChunk(most);
        const calls: (readonly RedriveEntry[])[] = [];
        for (const entry of given) {
          if (!chunk.takes(entry)) calls.push(chunk.drain());
          chunk.add(entry);
        }
        calls.push(chunk.drain());
        expect(calls.flat()).toEqual(given);
        for (const call of calls) {
          expect(call.length).toBeLessThanOrEqual(most);
        }
      }),
    );
  });
});

describe('the ledger of a redrive', () => {
  const file = `${mkdtempSync(`${tmpdir()}/ledger-`)}/deep/redriven.jsonl`;

  test('says its path, and whether it is new or continued', async () => {
    const other = file.replace('redriven', 'other');
    const ledger = await RedriveLedger.open(other);
    expect(ledger.summary).toBe(`ledger ${other}: new, so nothing counts as redriven before`);
    await ledger.add([id(1), id(2)], 0);
    expect((await RedriveLedger.open(other)).summary).toBe(
      `ledger ${other}: continued, with 2 dead letters redriven before`,
    );
  });

  test('names a path that cannot be read', async () => {
    await expect(RedriveLedger.open(tmpdir())).rejects.toThrow(`--ledger ${tmpdir()}: cannot be read`);
  });

  test('remembers what was redriven, and leaves out a line that a crash cut', async () => {
    const ledger = await RedriveLedger.open(file);
    await ledger.add([id(1), id(2)], 0);
    writeFileSync(file, `${readFileSync(file, 'utf8')}{"decision_id":"${id(3)}`);
    const again = await RedriveLedger.open(file);
    expect([1, 2, 3].map((index) => again.has(id(index)))).toEqual([true, true, false]);
  });

  test('drops a line that a crash cut before it adds the next', async () => {
    const cut = file.replace('redriven', 'cut');
    await (await RedriveLedger.open(cut)).add([id(1)], 0);
    writeFileSync(cut, `${readFileSync(cut, 'utf8')}{"decision_id":"${id(2)}`);
    await (await RedriveLedger.open(cut)).add([id(3)], 0);
    const again = await RedriveLedger.open(cut);
    expect([1, 2, 3].map((index) => again.has(id(index)))).toEqual([true, false, true]);
  });

  test('refuses a file that is no ledger', async () => {
    writeFileSync(file, 'hello\n');
    await expect(RedriveLedger.open(file)).rejects.toThrow('line 1 is not a line of a ledger');
  });
});
