import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { defineEnvironment } from '../../../charts/environment.ts';
import { eks, kind } from '../../../charts/environments.ts';
import { systemManifests } from '../../../charts/system.ts';
import { repositoryRoot } from '../../../scripts/stack/paths.ts';
import { objectsOf } from '../../support/manifest-objects.ts';

const SCHEMA = 'jobs/training/schemas/examples/loan-approval.yaml';
const NOTES = 'jobs/training/src/loan_training/card/loan-eligibility.yaml';

type Files = Pick<(typeof kind)['training'], 'schemaFile' | 'cardNotesFile'>;

function withFiles(environment: typeof kind, files: Files) {
  const training = { ...environment.training, ...files };
  return objectsOf(systemManifests(defineEnvironment({ ...environment, training })));
}

const FILES = [
  {
    files: { schemaFile: SCHEMA },
    path: SCHEMA,
    map: 'training-schema',
    directory: '/etc/loan-training',
    name: 'schema.yaml',
    option: '--schema',
  },
  {
    files: { cardNotesFile: NOTES },
    path: NOTES,
    map: 'training-card-notes',
    directory: '/etc/loan-card-notes',
    name: 'card-notes.yaml',
    option: '--card-notes',
  },
];
const EVERYWHERE = [kind, eks].flatMap((environment) => FILES.map((file) => ({ environment, ...file })));

test.each(EVERYWHERE)(
  '$environment.name mounts $map into the training job, and names it',
  ({ environment, files, path, map: mapName, directory, name, option }) => {
    const objects = withFiles(environment, files);
    const map = objects.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === mapName);
    expect(map?.data[name]).toBe(readFileSync(`${repositoryRoot}/${path}`, 'utf8'));
    const job = objects.find(({ kind, metadata }) => kind === 'CronJob' && metadata.name === 'training');
    if (job === undefined) throw new Error('no CronJob training');
    const { containers, volumes } = job.spec.jobTemplate.spec.template.spec;
    expect(containers[0].args).toContain(`${option}=${directory}/${name}`);
    expect(containers[0].volumeMounts).toContainEqual(
      expect.objectContaining({ mountPath: directory, name: mapName, readOnly: true }),
    );
    expect(volumes).toContainEqual({ name: mapName, configMap: { name: mapName } });
  },
);

test('schema and card notes go together', () => {
  const objects = withFiles(kind, { schemaFile: SCHEMA, cardNotesFile: NOTES });
  const job = objects.find(({ kind, metadata }) => kind === 'CronJob' && metadata.name === 'training');
  const [{ args }] = job?.spec.jobTemplate.spec.template.spec.containers ?? [{}];
  expect(args).toEqual(
    expect.arrayContaining([
      '--schema=/etc/loan-training/schema.yaml',
      '--card-notes=/etc/loan-card-notes/card-notes.yaml',
    ]),
  );
});

test('without files the bundled schema and its notes are used', () => {
  const text = JSON.stringify(objectsOf(systemManifests(kind)));
  expect(text).not.toMatch(/training-schema|--schema|training-card-notes|--card-notes/);
});

test.each(['schemaFile', 'cardNotesFile'])('a missing file is refused by the option %s', (setting) => {
  expect(() => withFiles(kind, { [setting]: 'nowhere.yaml' })).toThrow(
    `training.${setting} = nowhere.yaml: no such file below the root of the project`,
  );
});
