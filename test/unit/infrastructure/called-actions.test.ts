import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { PERMISSIONS, type Right, STREAM_TOOL_RIGHTS } from '../../../infrastructure/permissions.ts';
import { repositoryRoot } from '../../../scripts/stack/paths.ts';

/** Calls of the AWS SDK: `import { GetRecordsCommand, … } from '@aws-sdk/client-kinesis'`, also as `await import`. */
const IMPORTS =
  /(?:import|const) (?:type )?\{([^}]{1,2000})\} (?:from|= await import\() ?'@aws-sdk\/client-([a-z0-9-]{1,40})'/g;
const BOTO = /boto3\.client\("([a-z0-9]{1,40})"[^)\n]{0,200}\)\.(\w{1,60})\(/g;

/** Actions that the methods of boto3 need. */
const BOTO_ACTIONS: Readonly<Record<string, readonly string[]>> = {
  get_object: ['s3:GetObject'],
  upload_fileobj: ['s3:PutObject', 's3:AbortMultipartUpload'],
};

function sources(folder: string, ending: string): string[] {
  return readdirSync(`${repositoryRoot}/${folder}`, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith(ending))
    .map((file) => readFileSync(`${repositoryRoot}/${folder}/${file}`, 'utf8'));
}

function sdkActions(folder: string): string[] {
  const found = sources(folder, '.ts').flatMap((source) =>
    [...source.matchAll(IMPORTS)].flatMap(([, names = '', service]) =>
      [...names.matchAll(/\b(\w{1,60})Command\b/g)].map(([, operation]) => `${service}:${operation}`),
    ),
  );
  return [...new Set(found)].sort();
}

function actionsOf(rights: readonly Right[]): readonly string[] {
  return rights.flatMap(({ actions }) => actions);
}

/** The calls that the tests of the roles make are those of today. This finds a call that is new. */
describe('each AWS call in the code has a row', () => {
  test.each(['services', 'operators'])('of %s, for pods', (folder) => {
    const actions = sdkActions(folder);
    if (folder === 'services')
      expect(actions).toEqual(expect.arrayContaining(['kinesis:GetRecords', 's3:PutObject']));
    expect(actionsOf(PERMISSIONS)).toEqual(expect.arrayContaining(actions));
  });

  test('of make stream, for people', () => {
    const actions = sdkActions('scripts/stream');
    expect(actions).toEqual(expect.arrayContaining(['s3:GetObject', 's3:PutObject']));
    expect(actionsOf(STREAM_TOOL_RIGHTS)).toEqual(expect.arrayContaining(actions));
  });

  test('of the Python jobs', () => {
    const code = sources('jobs/training/src', '.py').join('\n');
    const methods = [...code.matchAll(BOTO)].map(([, service, method]) => `${service} ${method}`);
    // A client that is kept in a variable would hide its calls from this test.
    expect(methods).toHaveLength([...code.matchAll(/boto3\.(client|resource|Session)\(/g)].length);
    expect([...new Set(methods)].sort()).toEqual(Object.keys(BOTO_ACTIONS).map((method) => `s3 ${method}`));
    const jobs = PERMISSIONS.filter(({ account }) => ['training', 'batch-scoring'].includes(account));
    expect(actionsOf(jobs)).toEqual(expect.arrayContaining(Object.values(BOTO_ACTIONS).flat()));
  });
});
