import { z } from 'zod';
import { type JsonSchema, limitsOf, propertiesOf, typeInWords } from './json-schema.ts';
import { code, jsonBlock, table } from './markdown.ts';

/** One thing that a client can ask for, under one path or more. */
export interface HttpOperation {
  readonly method: 'GET' | 'POST';
  /** As in express: `/v2/models/:model`. Further paths do the same for one version. */
  readonly paths: readonly [string, ...string[]];
  readonly summary: string;
  /** Paragraphs and lists below the table of answers. */
  readonly notes?: readonly string[];
  readonly answers: readonly HttpAnswer[];
  readonly bodies?: readonly HttpBody[];
  /** What a client sends and gets. A test sends it. */
  readonly examples?: readonly HttpExample[];
}

interface HttpAnswer {
  readonly status: number;
  readonly when: string;
}

interface HttpBody {
  readonly title: string;
  readonly schema: z.ZodType;
}

interface HttpExample {
  readonly title: string;
  /** Path without parameters. @default the operation's first path */
  readonly path?: string;
  readonly request?: unknown;
  readonly status: number;
  readonly answer: unknown;
}

/** The section of one operation. */
export function operationSection(operation: HttpOperation): string[] {
  const { method, paths, summary, answers, notes = [], bodies = [], examples = [] } = operation;
  const [first, ...others] = paths;
  return [
    '',
    `### ${method} ${readable(first)}`,
    ...others.flatMap((path) => ['', `The same for one version: ${code(readable(path))}`]),
    '',
    summary,
    '',
    ...table(
      ['status', 'when'],
      answers.map(({ status, when }) => [String(status), when]),
    ),
    ...notes.flatMap((note) => ['', note]),
    ...bodies.flatMap(bodyTable),
    ...examples.flatMap(exampleBlocks),
  ];
}

/** `/v2/models/:model` as people write it: `/v2/models/{model}`. */
export function readable(path: string): string {
  return path.replace(/:(\w+)/g, '{$1}');
}

function bodyTable({ title, schema }: HttpBody): string[] {
  const properties = propertiesOf(z.toJSONSchema(schema, { io: 'input' }) as JsonSchema);
  return [
    '',
    title,
    '',
    ...table(
      ['key', 'type', 'required', 'limits', 'meaning'],
      properties.map((property) => [
        code(property.path),
        typeInWords(property.schema),
        property.required ? 'yes' : 'no',
        limitsOf(property.schema),
        property.schema.description ?? '',
      ]),
    ),
  ];
}

function exampleBlocks({ title, request, status, answer }: HttpExample): string[] {
  return [
    '',
    `${title}:`,
    '',
    ...(request === undefined ? [] : [...jsonBlock(request), '', `Answer ${status}:`, '']),
    ...jsonBlock(answer),
  ];
}
