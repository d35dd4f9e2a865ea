import { expect, test } from '@jest/globals';
import { defineEnvironment } from '../../../charts/environment.ts';
import { eks, kind } from '../../../charts/environments.ts';
import { systemManifests } from '../../../charts/system.ts';
import { type ManifestObject, objectsOf, podTemplate } from '../../support/manifest-objects.ts';

function find(objects: readonly ManifestObject[], kindName: string, name: string): ManifestObject {
  const found = objects.find((object) => object.kind === kindName && object.metadata.name === name);
  if (!found) throw new Error(`no ${kindName} ${name}`);
  return found;
}

type Options = Partial<NonNullable<typeof kind.batchScoring>>;

function objects(environment: typeof kind, options: Options = {}) {
  const batchScoring = { ...environment.batchScoring, ...options };
  return objectsOf(
    systemManifests(
      defineEnvironment({ ...environment, batchScoring } as Parameters<typeof defineEnvironment>[0]),
    ),
  );
}

test.each([kind, eks])('the job of $name is there, and runs only when somebody starts it', (environment) => {
  const { spec } = find(objects(environment), 'CronJob', 'batch-scoring');
  expect(spec.suspend).toBe(true);
  expect(spec.concurrencyPolicy).toBe('Forbid');
  expect(spec.jobTemplate.spec.activeDeadlineSeconds).toBe(3_600);
});

test('a schedule starts the runs', () => {
  const { spec } = find(objects(kind, { schedule: '30 2 * * *' }), 'CronJob', 'batch-scoring');
  expect(spec).toMatchObject({ schedule: '30 2 * * *', suspend: false });
  expect(() => objects(kind, { schedule: 'daily' })).toThrow('batchScoring.schedule = "daily"');
});

test('the pod scores the file of the environment with the image and the settings of training', () => {
  const all = objects(eks, { options: ['--delimiter=;', '--strict'] });
  const scoring = podTemplate(find(all, 'CronJob', 'batch-scoring')).spec;
  const training = podTemplate(find(all, 'CronJob', 'training')).spec;
  expect(scoring.containers[0].args).toEqual([
    'score',
    '--model-uri=models:/loan-eligibility@champion',
    '--data=s3://loan-eligibility-111122223333/scoring/in/applications.csv',
    '--output=s3://loan-eligibility-111122223333/scoring/out/decisions.csv',
    '--delimiter=;',
    '--strict',
  ]);
  expect(scoring.containers[0].image).toBe(training.containers[0].image);
  expect(scoring.securityContext).toEqual(training.securityContext);
  expect(scoring.containers[0].securityContext).toEqual(training.containers[0].securityContext);
});

test('an outage is retried, and a refusal is not', () => {
  const { spec } = find(objects(kind), 'CronJob', 'batch-scoring').spec.jobTemplate;
  expect(spec.podFailurePolicy.rules[1]).toMatchObject({
    action: 'FailJob',
    onExitCodes: { containerName: 'batch-scoring', values: [1, 2] },
  });
  expect(spec.backoffLimit).toBe(6);
});

test('the pod has an account of its own, which EKS gives a role, and which has no right in the cluster', () => {
  const all = objects(eks);
  expect(find(all, 'ServiceAccount', 'batch-scoring').metadata.annotations).toBeUndefined();
  const bindings = all.filter(({ kind: of }) => of === 'RoleBinding');
  expect(JSON.stringify(bindings)).not.toContain('batch-scoring');
});

test('the pod reaches MLflow and, on EKS, S3 alone', () => {
  const flows = (environment: typeof kind) =>
    objects(environment)
      .filter(({ kind: of, spec }) => of === 'NetworkPolicy' && spec.egress !== undefined)
      .filter(({ spec }) => JSON.stringify(spec.podSelector).includes('"batch-scoring"'))
      .map(({ metadata }) => metadata.name);
  expect(flows(kind)).toEqual(['clients-to-mlflow-egress']);
  expect(flows(eks)).toEqual([
    'clients-to-mlflow-egress',
    'clients-to-s3-egress',
    'clients-to-pod-identity-egress',
  ]);
});

test('an environment without batchScoring has no such job', () => {
  const { batchScoring: _, ...others } = kind;
  const names = objectsOf(systemManifests(defineEnvironment(others))).map(({ metadata }) => metadata.name);
  expect(names).not.toContain('batch-scoring');
});
