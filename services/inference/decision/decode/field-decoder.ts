import type {
  Field,
  MatrixEncoding,
  NumberField,
  StringField,
} from '../../../shared/contract/serving-contract.ts';
import { type Cell, type Column, stringCells } from '../../model/feature-cell.ts';
import { acceptedRange } from '../../model/float32.ts';
import type { Rejection } from '../rejection.ts';

/**
 * Puts a field's value into its column at index `at`, in the form that the graph reads, or returns why the value is
 * invalid. Absent, null and `""` count as missing.
 */
export type FieldDecoder = (value: unknown, column: Column, at: number) => Rejection | undefined;

const LISTED_VALUES = 12;
/** A digit fits one place of the pattern only, so a test costs time in proportion to the length of the text. */
const DECIMAL = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;
/** A double has 17 significant digits, so a longer number is a fault of the sender. */
const NUMBER_CHARACTERS = 64;

/** Compiles the rules of `field` once, so that each record costs little. */
export function fieldDecoder(field: Field, encoding: MatrixEncoding | undefined): FieldDecoder {
  return field.type === 'string' ? stringDecoder(field, encoding) : numberDecoder(field);
}

function stringDecoder(field: StringField, encoding: MatrixEncoding | undefined): FieldDecoder {
  const { name, required, values, aliases } = field;
  const { values: canonical, missing: missingCell } = stringCells(field, encoding);
  const allowed = aliases === undefined ? canonical : withAliases(canonical, aliases);
  const rule = oneOf(values.map((value) => JSON.stringify(value)));
  const missing = missingField(name, required, rule);
  const longest = [...allowed.keys()].reduce((length, value) => Math.max(length, value.length), 0);
  return (value, column, at) => {
    if (value === undefined || value === null || value === '') {
      column[at] = missingCell;
      return missing;
    }
    // The predecessor's clients send whole-number categories as numbers.
    const text = typeof value === 'number' ? String(value) : value;
    if (typeof text !== 'string') return refusal('wrong_type', name, value, rule);
    const cell = text.length > longest ? undefined : allowed.get(text);
    if (cell === undefined) return refusal('unknown_category', name, value, rule);
    column[at] = cell;
    return undefined;
  };
}

function withAliases(
  canonical: ReadonlyMap<string, Cell>,
  aliases: Readonly<Record<string, string>>,
): ReadonlyMap<string, Cell> {
  const allowed = new Map(canonical);
  for (const [alias, value] of Object.entries(aliases)) {
    const cell = canonical.get(value);
    if (cell !== undefined) allowed.set(alias, cell);
  }
  return allowed;
}

function numberDecoder(field: NumberField): FieldDecoder {
  const { name, required, levels } = field;
  const { lowest, highest } = acceptedRange(field);
  // A client of /v2 sends a level such as 0.1 as the nearest float32, which is also what the graph reads.
  const allowed = levels === undefined ? undefined : new Set(levels.map(Math.fround));
  const rule = numberRule(field);
  const missing = missingField(name, required, rule);
  return (value, column, at) => {
    if (value === undefined || value === null || value === '' || value === 'NaN') {
      column[at] = Number.NaN;
      return missing;
    }
    let number: number;
    if (typeof value === 'number') number = value;
    else if (typeof value === 'string' && value.length > NUMBER_CHARACTERS) return tooLong(name, value, rule);
    else if (typeof value === 'string' && DECIMAL.test(value)) number = Number(value);
    else return refusal('wrong_type', name, value, rule);
    if (number < lowest || number > highest) return refusal('out_of_range', name, value, rule);
    if (allowed?.has(Math.fround(number)) === false) return refusal('out_of_range', name, value, rule);
    column[at] = number;
    return undefined;
  };
}

function numberRule({ minimum, maximum, levels }: NumberField): string {
  if (levels !== undefined) return oneOf(levels.map(String));
  if (minimum !== undefined && maximum !== undefined) {
    return `must be a number from ${minimum} to ${maximum}`;
  }
  if (minimum !== undefined) return `must be a number of at least ${minimum}`;
  if (maximum !== undefined) return `must be a number of at most ${maximum}`;
  return 'must be a finite number';
}

function oneOf(values: readonly string[]): string {
  return `must be one of ${values.slice(0, LISTED_VALUES).join(', ')}${values.length > LISTED_VALUES ? ', …' : ''}`;
}

function missingField(field: string, required: boolean, rule: string): Rejection | undefined {
  if (!required) return undefined;
  return { code: 'missing_field', field, message: `${field} is missing: it is required and ${rule}` };
}

function refusal(code: Rejection['code'], field: string, value: unknown, rule: string): Rejection {
  return { code, field, message: `${field} is ${quoteValue(value)}: it ${rule}` };
}

function tooLong(field: string, text: string, rule: string): Rejection {
  const message = `${field} is a text of ${text.length} characters: it ${rule}, in at most ${NUMBER_CHARACTERS} characters`;
  return { code: 'wrong_type', field, message };
}

const QUOTED_CHARACTERS = 64;

/** A value as a message shows it: escaped and truncated. Arrays and objects are not shown, because they may be deep. */
export function quoteValue(value: unknown): string {
  if (typeof value === 'string') {
    return value.length <= QUOTED_CHARACTERS
      ? JSON.stringify(value)
      : `${JSON.stringify(value.slice(0, QUOTED_CHARACTERS))}…`;
  }
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}
