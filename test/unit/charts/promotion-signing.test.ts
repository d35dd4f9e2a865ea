import { describe, expect, test } from '@jest/globals';
import { defineEnvironment } from '../../../charts/environment.ts';
import { eks, kind } from '../../../charts/environments.ts';
import { systemManifests } from '../../../charts/system.ts';
import { objectsOf } from '../../support/manifest-objects.ts';

function trainingPod(environment: typeof kind, signsPromotions: boolean) {
  const training = { ...environment.training, signsPromotions };
  const objects = objectsOf(systemManifests(defineEnvironment({ ...environment, training })));
  const job = objects.find((object) => object.kind === 'CronJob' && object.metadata.name === 'training');
  return job?.spec.jobTemplate.spec.template.spec;
}

describe.each([kind, eks])('training in $name', (environment) => {
  test('has no key for promotions, unless it is told otherwise', () => {
    expect(environment.training.signsPromotions).toBe(false);
    expect(JSON.stringify(trainingPod(environment, false))).not.toContain('training-signing-key');
  });

  test('waits for its key if it signs promotions', () => {
    const { containers, volumes } = trainingPod(environment, true);
    expect(containers[0].env).toContainEqual({
      name: 'LOAN_SIGNING_KEY_FILE',
      value: '/etc/training-signing-key/key.pem',
    });
    expect(containers[0].volumeMounts).toContainEqual({
      name: 'training-signing-key',
      mountPath: '/etc/training-signing-key',
      readOnly: true,
    });
    expect(volumes).toContainEqual({
      name: 'training-signing-key',
      secret: {
        secretName: 'training-signing-key',
        defaultMode: 0o440,
        items: [{ key: 'key.pem', path: 'key.pem' }],
      },
    });
  });
});
