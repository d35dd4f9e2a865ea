import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type AwsEnvironment, defineAwsEnvironment } from '../../../infrastructure/environment-schema.ts';
import { existingAccount, medium, small } from '../../../infrastructure/environments.ts';
import { stackName, stackParts } from '../../../infrastructure/names.ts';
import { expectedOutputs, parseOutputs } from '../../../infrastructure/outputs.ts';

const presets = { small, medium, existingAccount };

/** The file as `make aws-deploy` writes it: stacks that exist, and strings alone. */
function outputsFile(environment: AwsEnvironment): Record<string, Record<string, string>> {
  const parts = new Set<string>(stackParts(environment));
  return Object.fromEntries(
    Object.entries(expectedOutputs(environment))
      .filter(([part]) => parts.has(part))
      .map(([part, values]) => [
        stackName(environment, part as 'data'),
        Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)])),
      ]),
  );
}

const moved = (environment: AwsEnvironment, account: string, region: string): AwsEnvironment =>
  defineAwsEnvironment(
    JSON.parse(
      JSON.stringify(environment)
        .replaceAll(environment.account, account)
        .replaceAll(environment.region, region),
    ),
  );

describe('the outputs of the stacks', () => {
  test('are read back for every preset, account and region, of stacks that exist', () => {
    const account = fc.stringMatching(/^[1-9]\d{11}$/);
    const region = fc.constantFrom('us-east-1', 'eu-central-1');
    fc.assert(
      fc.property(fc.constantFrom(...Object.values(presets)), account, region, (preset, id, place) => {
        const environment = moved(preset, id, place);
        const text = JSON.stringify(outputsFile(environment));
        expect(parseOutputs(text, environment)).toEqual(expectedOutputs(environment));
        const ids: readonly string[] = text.match(/(?<!\d)\d{12}(?!\d)/g) ?? [];
        expect(new Set(ids)).toEqual(new Set([id]));
      }),
      { numRuns: 30 },
    );
  });

  test.each(Object.entries(presets))(
    'of %s: an error names each missing output and its stack',
    (_, preset) => {
      const file = outputsFile(preset);
      const stack = stackName(preset, 'data');
      const { Bucket: _bucket, Registry: _registry, ...rest } = file[stack] ?? {};
      const read = () => parseOutputs(JSON.stringify({ ...file, [stack]: rest }), preset);
      expect(read).toThrow(new RegExp(`${stack}: Bucket is missing; Registry is missing.*make aws-deploy`));
    },
  );

  test('an error names a stack that is missing, those that are there, and both commands', () => {
    const { [stackName(medium, 'access')]: _, ...file } = outputsFile(medium);
    expect(() => parseOutputs(JSON.stringify(file), medium)).toThrow(
      /no stack \S+access; they have .*data.*make aws-deploy.*make aws-outputs/,
    );
  });

  test('an error quotes a value that breaks its rule', () => {
    const file = outputsFile(medium);
    const stack = stackName(medium, 'data');
    const text = JSON.stringify({ ...file, [stack]: { ...file[stack], InputShards: '0' } });
    expect(() => parseOutputs(text, medium)).toThrow('InputShards = 0');
  });

  test.each([
    ['DatabaseHost', 'x y/evil?sslmode=disable#'],
    ['Bucket', 'Not A Bucket/"'],
    ['Registry', 'HTTP://x y'],
    ['DatabaseNetwork', '10.0.0.5/16'],
    ['InputStream', 'two words'],
  ])('that could not be true are refused: %s = %s', (name, value) => {
    const file = outputsFile(medium);
    const stack = { ...file[stackName(medium, 'data')], [name]: value };
    const text = JSON.stringify({ ...file, [stackName(medium, 'data')]: stack });
    expect(() => parseOutputs(text, medium)).toThrow(`${name} = ${value}: `);
  });

  test.each(['[1]', 'oops', '{"a":{"b":1}}', '{"a":null}'])('in another form are refused: %s', (text) => {
    expect(() => parseOutputs(text, medium)).toThrow(
      'the outputs must be JSON: stack name, then output name, then a text as value. Run `make aws-deploy`',
    );
  });

  test('of another account or region are refused, because the settings changed since', () => {
    const text = JSON.stringify(outputsFile(moved(medium, '444455556666', 'eu-central-1')));
    expect(() => parseOutputs(text, medium)).toThrow(
      /output InferenceRole = arn:aws:iam::444455556666:.* is not of account 111122223333, region us-east-1/,
    );
    const file = outputsFile(medium);
    const key = `arn:aws:kms:eu-central-1:${medium.account}:key/x`;
    const data = { ...file[stackName(medium, 'data')], DataKey: key };
    expect(() =>
      parseOutputs(JSON.stringify({ ...file, [stackName(medium, 'data')]: data }), medium),
    ).toThrow(`output DataKey = ${key} is not of account`);
  });
});
