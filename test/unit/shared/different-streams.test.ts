import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { z } from 'zod';
import { ConfigError, parseConfig } from '../../../services/shared/config.ts';
import { differentStreams, streamProblems } from '../../../services/shared/different-streams.ts';
import { streamSetting } from '../../../services/shared/stream-reference.ts';

const KEYS = ['INPUT_STREAM', 'OUTPUT_STREAM', 'REJECT_STREAM'] as const;
const REGION = { key: 'AWS_REGION', value: 'eu-west-1' };
const arnOf = (name: string, account = '111122223333', region = 'eu-west-1') =>
  `arn:aws:kinesis:${region}:${account}:stream/${name}`;

const problems = (...[INPUT_STREAM, OUTPUT_STREAM, REJECT_STREAM]: (string | undefined)[]) =>
  streamProblems({ INPUT_STREAM, OUTPUT_STREAM, REJECT_STREAM }, REGION);

test('three names, three ARNs, and equal names in two accounts are different streams', () => {
  expect(problems('in', 'out', 'rejects')).toEqual([]);
  expect(problems(arnOf('in'), arnOf('out'), arnOf('rejects'))).toEqual([]);
  expect(problems(arnOf('in'), arnOf('in', '444455556666'), 'rejects')).toEqual([]);
  expect(problems(undefined, 'out', 'rejects')).toEqual([]);
});

describe('any two of three that are equal, or may be', () => {
  const pairs = [
    [0, 1],
    [0, 2],
    [1, 2],
  ] as const;
  const spelling = fc.constantFrom((name: string) => name, arnOf);

  test('are told with both settings and both values', () => {
    fc.assert(
      fc.property(fc.constantFrom(...pairs), spelling, spelling, ([one, other], spell, spellOther) => {
        const streams = ['a', 'b', 'c'];
        streams[one] = spell('same');
        streams[other] = spellOther('same');
        const [problem, ...more] = problems(...streams);
        expect(more).toEqual([]);
        expect(problem?.key).toBe(KEYS[other]);
        for (const shown of [KEYS[one], streams[one], streams[other]])
          expect(problem?.message).toContain(shown);
      }),
    );
  });
});

test('an ARN of another region is told with both regions', () => {
  expect(problems('in', 'out', arnOf('rejects', '111122223333', 'us-east-1'))).toEqual([
    {
      key: 'REJECT_STREAM',
      message: `${arnOf('rejects', '111122223333', 'us-east-1')} is in us-east-1, but AWS_REGION is eu-west-1: give one region`,
    },
  ]);
});

describe('as a rule of a schema', () => {
  const schema = z
    .object({
      AWS_REGION: z.string().default('eu-west-1'),
      INPUT_STREAM: streamSetting().optional(),
      OUTPUT_STREAM: streamSetting().default('out'),
      REJECT_STREAM: streamSetting().default('rejects'),
    })
    .check(differentStreams(KEYS, 'AWS_REGION'));
  const parse = (environment: Record<string, string>) => () => parseConfig(schema, environment);

  test('compares defaults too, and names both settings', () => {
    expect(parse({ INPUT_STREAM: 'rejects' })).toThrow(ConfigError);
    expect(parse({ INPUT_STREAM: 'rejects' })).toThrow(
      'REJECT_STREAM: rejects is also INPUT_STREAM: give each a stream of its own',
    );
  });

  test('is told along with a stream that is no stream', () => {
    expect(parse({ INPUT_STREAM: 'loan applications', OUTPUT_STREAM: 'rejects' })).toThrow(
      /INPUT_STREAM is "loan applications": must be a Kinesis stream name.*REJECT_STREAM: rejects is also OUTPUT_STREAM/,
    );
  });
});
