import { z } from 'zod';
import type { ServingContract } from '../../../shared/contract/serving-contract.ts';
import { errorSchema } from '../../../shared/http/error-body.ts';
import type {
  HttpAnswer,
  HttpBody,
  HttpOperation,
  HttpSchema,
  JsonSchema,
  OperationGroup,
} from '../../../shared/http/operation.ts';
import { TARGET_LIMIT_CHARACTERS } from '../../../shared/http/request-guard.ts';
import { protocolErrorSchema } from '../operations/answer-schemas.ts';

export interface OpenApiOptions {
  readonly groups: readonly OperationGroup[];
  readonly modelName: string;
  /** Schemas of the parameters of paths, by name. */
  readonly parameters: Readonly<Record<string, JsonSchema>>;
  readonly serviceVersion: string;
  /** Contract of the stable model. Undefined: no model is loaded, or it cannot decide. */
  readonly contract: ServingContract | undefined;
}

const BAD_REQUEST = 400;

/** Any path with a parameter may be so answered. */
const MALFORMED_PATH: HttpAnswer = {
  status: BAD_REQUEST,
  when: 'The path holds a percent sign that two hexadecimal digits do not follow, or no UTF-8.',
};

/** Statuses below which an answer is no error. */
const FIRST_ERROR = 400;

/** OpenAPI 3.1, from the operations that the server answers and the schemas that validate. */
export function openApiDocument({
  groups,
  modelName,
  serviceVersion,
  contract,
  parameters,
}: OpenApiOptions): JsonSchema {
  const components = new Components(contract);
  const paths: Record<string, JsonSchema> = {};
  for (const { name, operations } of groups) {
    for (const { path, operation } of operations.flatMap(byPath)) {
      paths[openApiPath(path)] = {
        ...(paths[openApiPath(path)] ?? parametersOf(path, parameters)),
        [operation.method.toLowerCase()]: operationObject(operation, path, name, components),
      };
    }
  }
  return {
    openapi: '3.1.1',
    info: {
      title: `${modelName} inference`,
      version: serviceVersion,
      description: descriptionOf(contract),
      license: { name: 'MIT', identifier: 'MIT' },
    },
    tags: groups.map(({ name, description }) => ({ name, description })),
    paths,
    components: { schemas: components.schemas },
  };
}

function descriptionOf(contract: ServingContract | undefined): string {
  return [
    contract === undefined
      ? 'No model that can decide is loaded, so the fields of an application are not listed.'
      : 'The fields of an application are those of the stable model that is loaded now.',
    'The service reads a body as JSON in UTF-8, whatever its Content-Type says.',
    'A known path answers OPTIONS, and another method with 405 and `Allow`.',
    `A path and query of more than ${TARGET_LIMIT_CHARACTERS} characters is answered with 414, and headers of more than 16 KiB with 431.`,
  ].join(' ');
}

function operationObject(operation: HttpOperation, path: string, tag: string, components: Components) {
  const { method, summary, notes = [], bodies = [], bodyMayBeEmpty = false, answers } = operation;
  const stated = answers.some(({ status }) => status === BAD_REQUEST);
  return {
    operationId: operationId(method, path),
    tags: [tag],
    summary: plain(summary.split('. ')[0] ?? '').replace(/\.$/, ''),
    description: plain([summary, ...notes].join('\n\n')),
    ...(bodies.length === 0
      ? {}
      : {
          requestBody: {
            required: !bodyMayBeEmpty,
            content: {
              'application/json': {
                schema: components.anyOf(bodies.map(({ schema }) => schema)),
                ...components.examplesOf(bodies),
              },
            },
          },
        }),
    responses: Object.fromEntries(
      [...answers, ...(path.includes(':') && !stated ? [MALFORMED_PATH] : [])].map((answer) => [
        String(answer.status),
        responseObject(answer, path, components),
      ]),
    ),
  };
}

/** A link of the reference page leads nowhere from here, so its text stays alone. */
function plain(text: string): string {
  return text.replace(/\[([^\][]+)\]\([^()]*\)/g, '$1');
}

function responseObject(answer: HttpAnswer, path: string, components: Components) {
  const { status, when, mediaType = 'application/json', otherMediaType } = answer;
  const schema = answer.schema ?? (status < FIRST_ERROR ? undefined : errorOf(path));
  return {
    description: plain(when),
    ...(schema === undefined
      ? {}
      : {
          content: {
            [mediaType]: { schema: components.anyOf([schema].flat()) },
            ...(otherMediaType === undefined ? {} : { [otherMediaType]: {} }),
          },
        }),
  };
}

function errorOf(path: string): HttpSchema {
  return path.startsWith('/v2') ? protocolErrorSchema : errorSchema;
}

function byPath(operation: HttpOperation) {
  return operation.paths.map((path) => ({ path, operation }));
}

function openApiPath(path: string): string {
  return path.replace(/:(\w+)/g, '{$1}');
}

function operationId(method: string, path: string): string {
  const words = path.match(/[A-Za-z0-9]+/g) ?? ['home'];
  return [method.toLowerCase(), ...words.map((word) => word.charAt(0).toUpperCase() + word.slice(1))].join(
    '',
  );
}

function parametersOf(path: string, schemas: OpenApiOptions['parameters']): JsonSchema {
  const names = [...path.matchAll(/:(\w+)/g)].map(([, name]) => name as string);
  if (names.length === 0) return {};
  return {
    parameters: names.map((name) => ({
      name,
      in: 'path',
      required: true,
      schema: schemas[name] ?? { type: 'string' },
    })),
  };
}

/** Schemas by their titles. Operations refer to them. */
class Components {
  readonly schemas: Record<string, JsonSchema> = {};
  readonly #contract: ServingContract | undefined;

  constructor(contract: ServingContract | undefined) {
    this.#contract = contract;
  }

  /** What fits one of the schemas or more. */
  anyOf(schemas: readonly HttpSchema[]): JsonSchema {
    const [first = {}, ...others] = schemas.map((schema) => this.#reference(schema));
    return others.length === 0 ? first : { anyOf: [first, ...others] };
  }

  /** Nothing without a contract, because an example needs the fields of a model. */
  examplesOf(bodies: readonly HttpBody[]): JsonSchema {
    const contract = this.#contract;
    if (contract === undefined) return {};
    const values = bodies.flatMap(({ example }) => (example === undefined ? [] : [example(contract)]));
    return values.length === 0
      ? {}
      : { examples: Object.fromEntries(values.map((value, index) => [`example${index + 1}`, { value }])) };
  }

  /** A reference to the schema, or the schema itself if it has no title. */
  #reference(schema: HttpSchema): JsonSchema {
    const { $schema: _, ...json } = jsonSchemaOf(schema, this.#contract);
    const { title } = json;
    if (typeof title !== 'string') return json;
    this.schemas[title] = json;
    return { $ref: `#/components/schemas/${title}` };
  }
}

/** Readers must ignore keys that they do not know, so no answer forbids further keys. */
function jsonSchemaOf(schema: HttpSchema, contract: ServingContract | undefined): JsonSchema {
  const made = typeof schema === 'function' ? schema(contract) : schema;
  return made instanceof z.ZodType ? (z.toJSONSchema(made, { io: 'input' }) as JsonSchema) : made;
}
