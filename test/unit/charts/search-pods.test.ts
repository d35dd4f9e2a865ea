import { describe, expect, test } from '@jest/globals';
import { defineEnvironment } from '../../../charts/environment.ts';
import { eks, kind } from '../../../charts/environments.ts';
import { systemManifests } from '../../../charts/system.ts';
import { type ManifestObject, objectsOf } from '../../support/manifest-objects.ts';

function withPods(environment: typeof kind, searchPods: number): ManifestObject[] {
  return objectsOf(
    systemManifests(defineEnvironment({ ...environment, training: { ...environment.training, searchPods } })),
  );
}

function find(objects: readonly ManifestObject[], kindName: string, name: string): ManifestObject {
  const found = objects.find((object) => object.kind === kindName && object.metadata.name === name);
  if (!found) throw new Error(`no ${kindName} ${name}`);
  return found;
}

function jobSpec(objects: readonly ManifestObject[]): ManifestObject['spec'] {
  return find(objects, 'CronJob', 'training').spec.jobTemplate.spec;
}

test.each([kind, eks])(
  '$name searches in one pod, without a database, unless it is told otherwise',
  (environment) => {
    expect(environment.training.searchPods).toBe(1);
    const objects = objectsOf(systemManifests(environment));
    expect(JSON.stringify(objects)).not.toMatch(/optuna|search-database|Indexed/i);
    expect(jobSpec(objects).backoffLimit).toBe(6);
  },
);

test.each([0, 51, 1.5])('%p pods are refused', (searchPods) => {
  expect(() => withPods(kind, searchPods)).toThrow(/training\.searchPods = /);
});

describe.each([
  ['kind', kind],
  ['eks', eks],
])('%s with 3 pods', (_name, environment) => {
  const objects = withPods(environment, 3);

  test('a run is one Indexed Job that is done as soon as index 0 is', () => {
    const spec = jobSpec(objects);
    expect(spec).toMatchObject({
      completionMode: 'Indexed',
      completions: 3,
      parallelism: 3,
      backoffLimitPerIndex: 6,
      successPolicy: { rules: [{ succeededIndexes: '0' }] },
      activeDeadlineSeconds: environment.training.deadlineSeconds,
    });
    expect(spec.backoffLimit).toBeUndefined();
    expect(spec.podFailurePolicy.rules[1].action).toBe('FailJob');
  });

  test('the password of the database is in a file, and in no variable and no argument', () => {
    const { template } = jobSpec(objects);
    const [container] = template.spec.containers;
    const variables: Record<string, string | undefined> = Object.fromEntries(
      container.env.map(({ name, value }: { name: string; value?: string }) => [name, value]),
    );
    expect(variables.OPTUNA_STORAGE).toMatch(/^postgresql\+psycopg2:\/\/optuna@[^:@]+:5432\/optuna(\?|$)/);
    expect(variables.OPTUNA_STORAGE_PASSWORD_FILE).toBe('/etc/search-database/password');
    expect(JSON.stringify(container.env)).not.toContain('secretKeyRef');
    expect(template.spec.volumes).toContainEqual(
      expect.objectContaining({ secret: expect.objectContaining({ secretName: 'search-database' }) }),
    );
  });

  test('the pods of one run share a name that no other run has', () => {
    const { env } = jobSpec(objects).template.spec.containers[0];
    expect(env).toContainEqual({
      name: 'LOAN_SEARCH_RUN',
      valueFrom: { fieldRef: { fieldPath: "metadata.labels['batch.kubernetes.io/controller-uid']" } },
    });
  });

  test('training reaches the database, and its service account gets no right', () => {
    const policy = find(objects, 'NetworkPolicy', 'search-to-database-egress');
    expect(JSON.stringify(policy.spec.podSelector)).toContain('training');
    expect(policy.spec.egress[0].ports).toEqual([{ protocol: 'TCP', port: 5432 }]);
    const bound = objects.filter(
      ({ kind: of, subjects }) =>
        of === 'RoleBinding' && subjects.some(({ name }: { name: string }) => name === 'training'),
    );
    expect(bound).toEqual([]);
  });
});

test('a verified external database is verified for the search too', () => {
  const { template } = jobSpec(withPods(eks, 2));
  const [container] = template.spec.containers;
  expect(JSON.stringify(container.env)).toContain('sslmode=verify-full');
  expect(container.volumeMounts).toContainEqual(
    expect.objectContaining({ mountPath: '/etc/database-authority', readOnly: true }),
  );
});

test('on kind a Job makes a database that its user alone may use, and can run again', () => {
  const objects = withPods(kind, 2);
  const { spec } = find(objects, 'Job', 'search-database').spec.template;
  const script = spec.containers[0].command.at(-1);
  for (const statement of [
    /CREATE ROLE optuna' WHERE NOT EXISTS/,
    /CREATE DATABASE optuna OWNER optuna' WHERE NOT EXISTS/,
    /NOSUPERUSER NOCREATEDB NOCREATEROLE/,
    /REVOKE ALL ON DATABASE optuna, mlflow, postgres, template1 FROM PUBLIC/,
    /ON_ERROR_STOP=1/,
  ])
    expect(script).toMatch(statement);
  expect(find(objects, 'Job', 'secrets').spec.template.spec.containers[0].command).toContain(
    'search-database/password:hex',
  );
  expect(find(objects, 'Job', 'first-model').spec.completions).toBe(2);
});
