import { z } from 'zod';
import { environmentSchema } from '../../charts/environment.ts';
import { type JsonSchema, limitsOf, typeInWords } from './json-schema.ts';
import { code, table } from './markdown.ts';

/** Options of an environment, with those of each variant of a choice by `kind`. */
export function environmentOptionsTable(schema: z.ZodType = environmentSchema): string[] {
  const root = z.toJSONSchema(schema, { io: 'input' }) as JsonSchema;
  return table(['option', 'type', 'default', 'limits', 'meaning'], rows(root, '', ''));
}

function rows(schema: JsonSchema, prefix: string, condition: string): string[][] {
  const required = new Set(schema.required);
  return Object.entries(schema.properties ?? {}).flatMap(([key, option]) => {
    const path = `${prefix}${key}`;
    const row = [
      code(path),
      typeOf(option),
      defaultOf(option, required.has(key)),
      option.enum ? '' : limitsOf(option),
      `${condition}${option.description ?? ''}`,
    ];
    return [row, ...rows(option, `${path}.`, condition), ...choiceRows(option, path)];
  });
}

/** Rows of `kind` and of what each kind adds. */
function choiceRows({ oneOf = [] }: JsonSchema, path: string): string[][] {
  if (oneOf.length === 0) return [];
  const kinds = oneOf.map(kindOf).map(code);
  return [
    [code(`${path}.kind`), kinds.join(', '), 'required', '', 'Decides which options follow.'],
    ...oneOf.flatMap((variant) => {
      const { kind: _, ...properties } = variant.properties ?? {};
      return rows({ ...variant, properties }, `${path}.`, `With ${code(kindOf(variant))}: `);
    }),
  ];
}

function kindOf(variant: JsonSchema): string {
  return String(variant.properties?.kind?.const);
}

function typeOf(option: JsonSchema): string {
  if (option.enum) return option.enum.map((value) => code(String(value))).join(', ');
  return option.oneOf ? 'object' : typeInWords(option);
}

function defaultOf(option: JsonSchema, required: boolean): string {
  if (required) return 'required';
  return option.default === undefined ? 'unset' : code(JSON.stringify(option.default));
}
