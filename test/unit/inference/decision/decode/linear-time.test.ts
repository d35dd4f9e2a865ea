import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ApplicationDecoder } from '../../../../../services/inference/decision/decode/application-decoder.ts';
import { HOSTILE_PAYLOADS } from '../../../../support/model/hostile-payloads.ts';
import { loanContract } from '../../../../support/model/loan-model.ts';

const LIMIT_BYTES = 256 * 1024;
const RUNS = 5;

/** CPU time that a collection of garbage may add, so that short times are not compared. */
const FLOOR_MICROSECONDS = 5_000;

/** A cost above its limit is measured again so often, because other work on the machine may slow all runs of a moment. */
const REPEATS = 4;

/** Four times the bytes take four times the time. Sixteen times would be quadratic. */
const FACTOR = 8;

const decoder = new ApplicationDecoder(loanContract(), { maximumBytes: LIMIT_BYTES });
const features = decoder.columns(1);

/** CPU time as a record of the stream and as a body of HTTP: the least of several runs, in microseconds. */
function cost(data: Uint8Array): number {
  let least = Number.POSITIVE_INFINITY;
  for (let run = 0; run < RUNS && least > FLOOR_MICROSECONDS / FACTOR; run++) {
    const before = process.cpuUsage();
    decoder.decode(data, features, 0);
    decoder.decodeBody(data, features, 0);
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, user + system);
  }
  return least;
}

/** Grows the size up to the limit, and stops at the first step that costs too much. */
function expectLinearTime(ofSize: (bytes: number) => Uint8Array): void {
  let before = cost(ofSize(LIMIT_BYTES / 16));
  for (const bytes of [LIMIT_BYTES / 4, LIMIT_BYTES]) {
    const limit = FACTOR * before + FLOOR_MICROSECONDS;
    const data = ofSize(bytes);
    let after = cost(data);
    for (let repeat = 0; repeat < REPEATS && after >= limit; repeat++) after = Math.min(after, cost(data));
    expect(after).toBeLessThan(limit);
    before = after;
  }
}

describe('decoding takes time in proportion to the bytes', () => {
  test.each(Object.entries(HOSTILE_PAYLOADS))('of %s', (_, ofSize) => {
    expectLinearTime(ofSize);
  });

  test('of whatever is repeated, after and before whatever else', () => {
    const heads = [
      '',
      'NaN',
      '{"input":',
      '{"input":{',
      '{"input":{"ApplicantIncome":"',
      '{"input":{"a":[',
      '"',
    ];
    const parts = [
      '"',
      '\\',
      '{',
      '}',
      '[',
      ']',
      ':',
      ',',
      'NaN',
      '1',
      '.',
      'e',
      '-',
      ' ',
      'é',
      '"a":',
      '\\u0061',
    ];
    const tails = ['', 'x', '"', '\\', 'x"}}', '"}}', '}}', '1]}}', ':1}}'];
    const unit = fc
      .array(fc.constantFrom(...parts), { minLength: 1, maxLength: 4 })
      .map((list) => list.join(''));
    fc.assert(
      fc.property(fc.constantFrom(...heads), unit, fc.constantFrom(...tails), (head, repeated, tail) => {
        expectLinearTime((bytes) => {
          const room = bytes - head.length - tail.length;
          return Buffer.from(head + repeated.repeat(room / Buffer.byteLength(repeated)) + tail);
        });
      }),
      { numRuns: 150 },
    );
  });
});
