import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { defineEnvironment } from '../../../charts/environment.ts';
import { eks, kind } from '../../../charts/environments.ts';
import { systemManifests } from '../../../charts/system.ts';
import { repositoryRoot } from '../../../scripts/stack/paths.ts';
import { objectsOf } from '../../support/manifest-objects.ts';

const SCHEMA = 'jobs/training/schemas/examples/loan-approval.yaml';

function withSchema(environment: typeof kind, schemaFile: string) {
  return objectsOf(
    systemManifests(defineEnvironment({ ...environment, training: { ...environment.training, schemaFile } })),
  );
}

test.each([kind, eks])('$name mounts the schema file into the training job, and names it', (environment) => {
  const objects = withSchema(environment, SCHEMA);
  const map = objects.find(
    ({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === 'training-schema',
  );
  expect(map?.data['schema.yaml']).toBe(readFileSync(`${repositoryRoot}/${SCHEMA}`, 'utf8'));
  const job = objects.find(({ kind, metadata }) => kind === 'CronJob' && metadata.name === 'training');
  if (job === undefined) throw new Error('no CronJob training');
  const { containers, volumes } = job.spec.jobTemplate.spec.template.spec;
  expect(containers[0].args).toContain('--schema=/etc/loan-training/schema.yaml');
  expect(containers[0].volumeMounts).toContainEqual(
    expect.objectContaining({ mountPath: '/etc/loan-training', name: 'training-schema', readOnly: true }),
  );
  expect(volumes).toContainEqual({ name: 'training-schema', configMap: { name: 'training-schema' } });
});

test('without a schema file the bundled schema is used', () => {
  expect(JSON.stringify(objectsOf(systemManifests(kind)))).not.toMatch(/training-schema|--schema/);
});

test('a missing file is refused by the name of the option', () => {
  expect(() => withSchema(kind, 'nowhere.yaml')).toThrow('training.schemaFile = nowhere.yaml: no such file');
});
