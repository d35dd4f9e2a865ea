import { describe, expect, test } from '@jest/globals';
import { Ajv } from 'ajv';
import { schemasOfApi, schemasOfDefinition } from '../../scanners/manifest-schemas.ts';

const ajv = new Ajv({ strict: false });

describe('the schemas of an API', () => {
  const files = schemasOfApi({
    components: {
      schemas: {
        Thing: {
          type: 'object',
          properties: {
            spec: { allOf: [{ $ref: '#/components/schemas/Spec' }], default: {} },
            labels: { type: 'object', additionalProperties: { type: 'string' } },
          },
          'x-kubernetes-group-version-kind': [
            { group: 'apps', version: 'v1', kind: 'Thing' },
            { group: '', version: 'v1', kind: 'CoreThing' },
          ],
        },
        Spec: { type: 'object', properties: { replicas: { type: 'integer' } } },
      },
    },
  });

  test('are found under the name that kubeconform asks for', () => {
    expect([...files.keys()]).toEqual(['thing-apps-v1.json', 'corething-v1-v1.json']);
  });

  test.each([
    [{ spec: { replicas: 1 }, labels: { any: 'name' } }, true],
    [{ spec: { replicas: '1' } }, false],
    [{ spec: { replica: 1 } }, false],
    [{ spek: {} }, false],
  ])('%j: %p', (object, valid) => {
    expect(ajv.validate(files.get('thing-apps-v1.json') ?? {}, object)).toBe(valid);
  });
});

describe('the schemas of a definition', () => {
  const files = schemasOfDefinition({
    spec: {
      group: 'keda.sh',
      names: { kind: 'ScaledObject' },
      versions: [
        {
          name: 'v1alpha1',
          schema: {
            openAPIV3Schema: {
              type: 'object',
              properties: {
                spec: { type: 'object', properties: { max: { type: 'integer' } } },
                free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true, properties: {} },
              },
            },
          },
        },
      ],
    },
  });
  const root = { apiVersion: 'keda.sh/v1alpha1', kind: 'ScaledObject', metadata: { name: 'a', labels: {} } };

  test.each([
    [{ spec: { max: 1 }, free: { any: 1 } }, true],
    [{ spec: { maxx: 1 } }, false],
    [{ specs: {} }, false],
  ])('%j: %p', (fields, valid) => {
    const schema = files.get('scaledobject-keda.sh-v1alpha1.json') ?? {};
    expect(ajv.validate(schema, { ...root, ...fields })).toBe(valid);
  });
});
