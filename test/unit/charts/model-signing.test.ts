import { describe, expect, test } from '@jest/globals';
import { defineEnvironment } from '../../../charts/environment.ts';
import { eks, kind } from '../../../charts/environments.ts';
import { systemManifests } from '../../../charts/system.ts';
import { type ManifestObject, objectsOf } from '../../support/manifest-objects.ts';

function manifests(environment: typeof kind, modelSignatures: (typeof kind)['modelSignatures']) {
  const objects = objectsOf(systemManifests(defineEnvironment({ ...environment, modelSignatures })));
  const find = (kindName: string, name: string): ManifestObject => {
    const found = objects.find((object) => object.kind === kindName && object.metadata.name === name);
    if (!found) throw new Error(`no ${kindName} ${name}`);
    return found;
  };
  const inference = find('Deployment', 'inference').spec.template.spec;
  const isolated = find('Deployment', 'inference-canary').spec.template.spec;
  const training = find('CronJob', 'training').spec.jobTemplate.spec.template.spec;
  const variables = ({ containers: [container] }: typeof inference): Record<string, string | undefined> =>
    Object.fromEntries(
      container.env.map(({ name, value }: { name: string; value?: string }) => [name, value]),
    );
  return { inference, isolated, training, variables, spec: find('ModelDeployment', 'loan-eligibility').spec };
}

describe.each([kind, eks])('$name', (environment) => {
  test('mounts the public keys into inference, which starts without them', () => {
    const { inference, variables } = manifests(environment, 'none');
    expect(variables(inference).MODEL_SIGNING_KEYS_DIRECTORY).toBe('/etc/model-signing-keys');
    expect(inference.containers[0].volumeMounts).toContainEqual({
      name: 'model-signing-keys',
      mountPath: '/etc/model-signing-keys',
      readOnly: true,
    });
    expect(inference.volumes).toContainEqual({
      name: 'model-signing-keys',
      configMap: { name: 'model-signing-keys', optional: true },
    });
  });

  test('demands no signature and has no private key, unless it is told otherwise', () => {
    expect(environment.modelSignatures).toBe('none');
    const { inference, training, variables, spec } = manifests(environment, 'none');
    expect(variables(inference).REQUIRE_MODEL_SIGNATURE).toBeUndefined();
    expect(spec.verification).toBeUndefined();
    expect(JSON.stringify(training)).not.toMatch(/signing/i);
  });

  test('written: training waits for its key, and nobody demands a signature', () => {
    const { inference, training, variables, spec } = manifests(environment, 'written');
    expect(variables(training).LOAN_MODEL_SIGNING_KEY_FILE).toBe('/etc/model-signing-key/key.pem');
    expect(training.volumes).toContainEqual({
      name: 'model-signing-key',
      secret: {
        secretName: 'model-signing-key',
        defaultMode: 0o440,
        items: [{ key: 'key.pem', path: 'key.pem' }],
      },
    });
    expect(variables(inference).REQUIRE_MODEL_SIGNATURE).toBeUndefined();
    expect(spec.verification).toBeUndefined();
  });

  test('required: verification and pods demand a signature', () => {
    const { inference, isolated, training, variables, spec } = manifests(environment, 'required');
    expect(variables(training).LOAN_MODEL_SIGNING_KEY_FILE).toBeDefined();
    for (const pod of [inference, isolated]) {
      expect(variables(pod)).toMatchObject({
        REQUIRE_MODEL_SIGNATURE: 'true',
        MODEL_SIGNING_KEYS_DIRECTORY: '/etc/model-signing-keys',
      });
      expect(pod.volumes).toContainEqual(expect.objectContaining({ name: 'model-signing-keys' }));
    }
    expect(spec.verification).toEqual({ requireModelSignature: true });
  });
});
