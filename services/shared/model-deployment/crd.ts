import { z } from 'zod';
import { SERVING_GROUP } from '../agreements/kubernetes-names.ts';
import { KIND, PLURAL, VERSION } from './model-deployment.ts';
import { specSchema } from './spec.ts';
import { statusSchema } from './status.ts';

type JsonSchema = Record<string, unknown>;

/** The CustomResourceDefinition as a plain object, ready to apply. */
export function modelDeploymentCrd() {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${PLURAL}.${SERVING_GROUP}` },
    spec: {
      group: SERVING_GROUP,
      scope: 'Namespaced',
      names: {
        kind: KIND,
        listKind: `${KIND}List`,
        plural: PLURAL,
        singular: KIND.toLowerCase(),
        shortNames: ['mdep'],
      },
      versions: [
        {
          name: VERSION,
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: [
            column('Model', 'string', '.spec.model'),
            column('Stable', 'string', '.status.stable.version'),
            column('Candidate', 'string', '.status.candidate.version'),
            column('Phase', 'string', '.status.phase'),
            column('Weight', 'integer', '.status.candidate.weightPercent'),
            column('Age', 'date', '.metadata.creationTimestamp'),
          ],
          schema: { openAPIV3Schema: modelDeploymentJsonSchema(describeDefault) },
        },
      ],
    },
  };
}

/** Structural OpenAPI v3 schema of a ModelDeployment. `edit` may change the schema of each field. */
export function modelDeploymentJsonSchema(edit: (field: JsonSchema) => void = () => {}): JsonSchema {
  return {
    type: 'object',
    description: 'Rolls out the version that a registry alias names, and rolls it back if a gate fails.',
    required: ['spec'],
    properties: {
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: { type: 'object' },
      spec: structural(specSchema, edit),
      status: structural(statusSchema, edit),
    },
    'x-kubernetes-validations': [
      {
        rule: 'self.metadata.name.size() <= 40',
        message:
          'metadata.name must have at most 40 characters, because labels and the names of Jobs contain it',
      },
    ],
  };
}

function column(name: string, type: string, jsonPath: string) {
  return { name, type, jsonPath };
}

/** `kubectl explain` shows the description of a field, but not its default. */
function describeDefault(field: JsonSchema): void {
  const { description, default: value } = field;
  if (description === undefined || value === undefined || typeof value === 'object') return;
  field.description = `${description} Default: ${value}.`;
}

/** Kubernetes prunes unknown fields by itself and refuses `additionalProperties` beside `properties`. */
function structural(schema: z.ZodType, edit: (field: JsonSchema) => void): JsonSchema {
  return z.toJSONSchema(schema, {
    target: 'openapi-3.0',
    io: 'input',
    override: ({ jsonSchema }) => {
      delete jsonSchema.additionalProperties;
      edit(jsonSchema);
    },
  });
}
