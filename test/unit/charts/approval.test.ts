import { describe, expect, test } from '@jest/globals';
import { defineEnvironment, type Environment } from '../../../charts/environment.ts';
import { eks, kind } from '../../../charts/environments.ts';
import { systemManifests } from '../../../charts/system.ts';
import { specSchema } from '../../../services/shared/model-deployment/spec.ts';
import { objectsOf } from '../../support/manifest-objects.ts';

function find(environment: Environment, kindName: string, name: string) {
  const found = objectsOf(systemManifests(environment)).find(
    (object) => object.kind === kindName && object.metadata.name === name,
  );
  if (!found) throw new Error(`no ${kindName} ${name}`);
  return found;
}

describe.each([kind, eks])('$name', (environment) => {
  test('the alias decides alone, unless the environment asks for approvals', () => {
    expect(find(environment, 'ModelDeployment', 'loan-eligibility').spec).not.toHaveProperty('approval');
  });

  test('two people and no job alone may let a version serve', () => {
    const approval = { required: 2, automatedKeys: ['training'] };
    const { spec } = find(
      defineEnvironment({ ...environment, approval }),
      'ModelDeployment',
      'loan-eligibility',
    );
    expect(specSchema.parse(spec).approval).toMatchObject({
      ...approval,
      publicKeys: { configMap: 'promotion-keys' },
    });
  });

  test('the operator may read the keys by name, and change none', () => {
    const { rules } = find(environment, 'Role', 'rollout') as unknown as {
      rules: { resources: string[]; resourceNames?: string[]; verbs: string[] }[];
    };
    const about = rules.filter(({ resourceNames }) => resourceNames?.includes('promotion-keys'));
    expect(about).toEqual([
      { apiGroups: [''], resources: ['configmaps'], resourceNames: ['promotion-keys'], verbs: ['get'] },
    ]);
  });
});
