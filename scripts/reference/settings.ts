import { z } from 'zod';
import { code, table } from './markdown.ts';

/** One environment variable of a process, as its schema defines it. */
export interface Setting {
  readonly name: string;
  readonly meaning: string;
  /** The word `required`, the word `unset`, or the value as text. */
  readonly default: string;
  /** Values that are allowed, with their unit. */
  readonly allowed: string;
}

/** As much of JSON Schema as a setting's rule needs. */
interface Rule {
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
}

const UNITS = {
  MILLISECONDS: 'milliseconds',
  SECONDS: 'seconds',
  BYTES: 'bytes',
  MEBIBYTES: 'MiB',
} as const;

/** Every key of a schema made by `z.object`, in the schema's order. */
export function settingsOf(schema: z.ZodObject): Setting[] {
  return Object.entries(schema.shape).map(([name, field]) => settingOf(name, field as z.ZodType));
}

export function settingsTable(settings: readonly Setting[]): string[] {
  return table(
    ['variable', 'default', 'allowed', 'meaning'],
    settings.map((setting) => [code(setting.name), setting.default, setting.allowed, setting.meaning]),
  );
}

function settingOf(name: string, field: z.ZodType): Setting {
  return {
    name,
    meaning: field.description ?? '',
    default: defaultOf(field),
    allowed: allowedBy(field, unitOf(name, field)),
  };
}

/** The ending of the name gives the unit. If it gives none, the schema's metadata does. */
function unitOf(name: string, field: z.ZodType): string {
  const ending = name.split('_').at(-1) ?? '';
  return UNITS[ending as keyof typeof UNITS] ?? textOf(field.meta()?.unit);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** A default that depends on the machine has a text in the schema's metadata. */
function defaultOf(field: z.ZodType): string {
  const text = textOf(field.meta()?.defaultText);
  if (text !== '') return text;
  const parsed = field.safeParse(undefined);
  if (!parsed.success) return 'required';
  return parsed.data === undefined ? 'unset' : code(String(parsed.data));
}

function allowedBy(field: z.ZodType, unit: string): string {
  const rule = z.toJSONSchema(field, { io: 'input', unrepresentable: 'any' }) as Rule;
  if (rule.enum) return rule.enum.map(code).join(', ');
  if (rule.type === 'integer' || rule.type === 'number') return numbers(rule, unit);
  if (rule.pattern !== undefined || rule.format !== undefined) return ruleInWords(field);
  if (rule.maxLength !== undefined) return `${rule.minLength ?? 0} to ${rule.maxLength} characters`;
  if (rule.minLength !== undefined) return `at least ${rule.minLength} characters`;
  return 'text';
}

function numbers({ type, minimum = 0, maximum = 0 }: Rule, unit: string): string {
  const range = `${grouped(minimum)} to ${grouped(maximum)}`;
  const kind = type === 'integer' ? 'whole number' : 'number';
  return unit === '' ? `${kind}, ${range}` : `${range} ${unit}`;
}

function grouped(value: number): string {
  return value.toLocaleString('en-US');
}

/** A pattern is hard to read. The schema's own refusal says the same in words: "must be …". */
function ruleInWords(field: z.ZodType): string {
  const refusal = field.safeParse('\0').error?.issues[0]?.message ?? '';
  return refusal.replace(/^must be (an? )?/, '');
}

/** Rules that concern more than one variable, as the refusals that the schema gives: "POD_NAMESPACE is needed with …". */
export function rulesBetween(schema: z.ZodObject): string[] {
  return (schema.def.checks ?? []).map((check) => {
    const { path = [], error } = check._zod.def as z.core.$ZodCustomDef;
    const refusal = error?.({} as never) ?? '';
    const message = typeof refusal === 'string' ? refusal : refusal.message;
    return [...path.map((key) => code(String(key))), message].join(' ');
  });
}
