import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { expect, test } from '@jest/globals';
import { readLocalOptions } from '../../../scripts/local-options.ts';

async function schemaFile(text: string): Promise<string> {
  const path = `${await mkdtemp(`${tmpdir()}/schema-`)}/my.yaml`;
  await writeFile(path, text);
  return path;
}

test('the bundled model is served without options', async () => {
  expect(await readLocalOptions([])).toMatchObject({
    modelName: 'loan-eligibility',
    schema: undefined,
    data: 'synthetic:614:7',
    trainingArguments: [],
  });
});

test('the schema names the model, paths become absolute, and the rest goes to training', async () => {
  const schema = await schemaFile('name: my-loans\n');
  const options = await readLocalOptions(['--schema', schema, '--data', 'my.csv', '--', '--trials=30']);
  expect(options).toMatchObject({ modelName: 'my-loans', schema, trainingArguments: ['--trials=30'] });
  expect(options.data).toBe(`${process.cwd()}/my.csv`);
});

test.each(['https://data.example/loans.csv', 's3://bucket/loans.csv', 'synthetic:100:1'])(
  '%s stays as it is',
  async (data) => {
    expect((await readLocalOptions(['--data', data])).data).toBe(data);
  },
);

test.each([
  ['columns: []\n', 'has no `name`'],
  ['- a\n', 'has no `name`'],
])('a schema %j is refused', async (text, message) => {
  await expect(readLocalOptions(['--schema', await schemaFile(text)])).rejects.toThrow(message);
});

test('an unknown option is refused', async () => {
  await expect(readLocalOptions(['--shema', 'x'])).rejects.toThrow('--shema');
});
