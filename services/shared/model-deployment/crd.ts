import { z } from 'zod';
import { SERVING_GROUP } from '../agreements/kubernetes-names.ts';
import { KIND, PLURAL, VERSION } from './model-deployment.ts';
import { specSchema } from './spec.ts';
import { statusSchema } from './status.ts';

type JsonSchema = Record<string, unknown>;

/** The CustomResourceDefinition as a plain object, to be applied as it is. */
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
          schema: { openAPIV3Schema: modelDeploymentJsonSchema() },
        },
      ],
    },
  };
}

/** Structural OpenAPI v3 schema of a ModelDeployment. */
export function modelDeploymentJsonSchema(): JsonSchema {
  return {
    type: 'object',
    description: 'Serves the version that a registry alias names, once it is proven.',
    required: ['spec'],
    properties: {
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: { type: 'object' },
      spec: structural(specSchema),
      status: structural(statusSchema),
    },
    'x-kubernetes-validations': [
      {
        rule: 'self.metadata.name.size() <= 40',
        message: 'name must fit into labels: at most 40 characters',
      },
    ],
  };
}

function column(name: string, type: string, jsonPath: string) {
  return { name, type, jsonPath };
}

/** Kubernetes prunes unknown fields by itself and refuses `additionalProperties` beside `properties`. */
function structural(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, {
    target: 'openapi-3.0',
    io: 'input',
    override: ({ jsonSchema }) => {
      delete jsonSchema.additionalProperties;
    },
  });
}
