import { z } from 'zod';
import { type JsonSchema, limitsOf, typeInWords } from './json-schema.ts';
import { code, table } from './markdown.ts';

/** Options of a schema, with those of each variant of a choice by `kind` or by another constant. */
export function optionsTable(schema: z.ZodType): string[] {
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

/** Rows of the constant that decides, and of what each of its values adds. */
function choiceRows({ oneOf = [] }: JsonSchema, path: string): string[][] {
  const decider = deciderOf(oneOf);
  if (decider === undefined) return [];
  const kinds = oneOf.map((variant) => code(kindOf(variant, decider)));
  return [
    [code(`${path}.${decider}`), kinds.join(', '), 'required', '', 'Decides which options follow.'],
    ...oneOf.flatMap((variant) => {
      const { [decider]: _, ...properties } = variant.properties ?? {};
      return rows({ ...variant, properties }, `${path}.`, `With ${code(kindOf(variant, decider))}: `);
    }),
  ];
}

/** The property that has a constant in every variant. */
function deciderOf([first, ...others]: readonly JsonSchema[]): string | undefined {
  const isConstant = (variant: JsonSchema, key: string) => variant.properties?.[key]?.const !== undefined;
  return Object.keys(first?.properties ?? {}).find((key) =>
    [first ?? {}, ...others].every((variant) => isConstant(variant, key)),
  );
}

function kindOf(variant: JsonSchema, decider: string): string {
  return String(variant.properties?.[decider]?.const);
}

function typeOf(option: JsonSchema): string {
  if (option.enum) return option.enum.map((value) => code(String(value))).join(', ');
  return option.oneOf ? 'object' : typeInWords(option);
}

function defaultOf(option: JsonSchema, required: boolean): string {
  if (required) return 'required';
  return option.default === undefined ? 'unset' : code(JSON.stringify(option.default));
}
