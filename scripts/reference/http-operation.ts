import { z } from 'zod';
import type { HttpBody, HttpExample, HttpOperation } from '../../services/shared/http/operation.ts';
import { type JsonSchema, limitsOf, propertiesOf, typeInWords } from './json-schema.ts';
import { code, jsonBlock, table } from './markdown.ts';

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

/** A schema that follows from the loaded model has no table: the OpenAPI document of a running service shows it. */
function bodyTable({ title, schema }: HttpBody): string[] {
  if (typeof schema === 'function') return [];
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
