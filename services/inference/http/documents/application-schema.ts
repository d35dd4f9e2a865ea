import type {
  Field,
  NumberField,
  ServingContract,
  StringField,
} from '../../../shared/contract/serving-contract.ts';
import type { JsonSchema } from '../../../shared/http/operation.ts';
import { REQUEST_ID_CHARACTERS } from '../../decision/decode/request-id.ts';
import { acceptedRange } from '../../model/float32.ts';

/** Far below the 17 significant digits of a double, so that rounding moves no decimal across a border. */
const WHOLE_DIGITS = 9;
const FRACTION_DIGITS = 6;

/** The features with an optional request id. Without a model any feature may come. */
export function applicationSchema(contract: ServingContract | undefined): JsonSchema {
  return {
    title: 'Application',
    description: 'The features of one application, and an id that the answer repeats.',
    type: 'object',
    required: ['input'],
    properties: { input: featuresOf(contract), request_id: requestId },
    ...exampleOf(contract, (input) => ({ input, request_id: '12345' })),
  };
}

/** The features alone, as the predecessor's web service took them. */
export function featuresSchema(contract: ServingContract | undefined): JsonSchema {
  return {
    title: 'Features',
    ...featuresOf(contract),
    // These keys make the body an application with an envelope, or an event.
    not: { anyOf: [{ required: ['input'] }, { required: ['Records'] }] },
    ...exampleOf(contract, (input) => input),
  };
}

const requestId: JsonSchema = {
  description: 'The answer repeats it. Absent: the answer gives its decision id.',
  anyOf: [
    { type: 'string', maxLength: REQUEST_ID_CHARACTERS },
    { type: 'integer', minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER },
    { type: 'null' },
  ],
};

function featuresOf(contract: ServingContract | undefined): JsonSchema {
  if (contract === undefined) return { type: 'object', description: 'The features that the model names.' };
  const required = contract.fields.filter((field) => field.required).map(({ name }) => name);
  return {
    type: 'object',
    description: 'Further keys are ignored.',
    properties: Object.fromEntries(contract.fields.map((field) => [field.name, fieldSchema(field)])),
    ...(required.length > 0 ? { required } : {}),
  };
}

/** A value that this schema accepts is one that the field's decoder accepts. */
function fieldSchema(field: Field): JsonSchema {
  const missing = field.required ? [] : [null, ''];
  return field.type === 'string' ? stringSchema(field, missing) : numberSchema(field, missing);
}

function stringSchema({ values, aliases = {} }: StringField, missing: readonly unknown[]): JsonSchema {
  const texts = [...new Set([...values, ...Object.keys(aliases)])];
  // A category that is a number may come as a number.
  const numbers = texts.filter((text) => String(Number(text)) === text && Number.isFinite(Number(text)));
  return { enum: [...texts, ...numbers.map(Number), ...missing] };
}

function numberSchema(field: NumberField, missing: readonly unknown[]): JsonSchema {
  // A bare NaN is not JSON. As a text it means that the value is missing.
  const gap = missing.length > 0 ? [...missing, 'NaN'] : [];
  const { lowest, highest } = acceptedRange(field);
  if (field.levels !== undefined) {
    const levels = field.levels.filter((level) => level >= lowest && level <= highest);
    return { enum: [...levels, ...levels.map(String), ...gap] };
  }
  const pattern = decimalPattern(lowest, highest);
  return {
    anyOf: [
      { type: 'number', minimum: lowest, maximum: highest },
      ...(pattern === undefined
        ? []
        : [{ type: 'string', pattern, description: 'The number as a decimal.' }]),
      ...(gap.length > 0 ? [{ enum: gap, description: 'The value is missing.' }] : []),
    ],
  };
}

/**
 * Decimals that are in the range whatever their digits: from 0 on, with fewer digits than the maximum. JSON Schema cannot
 * bound the number that a text means. Undefined if there are none.
 */
function decimalPattern(lowest: number, highest: number): string | undefined {
  const digits = Math.floor(Math.log10(highest));
  if (lowest > 0 || !(digits >= 0)) return undefined;
  const whole = digits === 0 ? '0' : `[0-9]{1,${Math.min(digits, WHOLE_DIGITS)}}`;
  return `^${whole}(\\.[0-9]{1,${FRACTION_DIGITS}})?$`;
}

/** A golden row of the model, because the model decides it. */
function exampleOf(contract: ServingContract | undefined, example: (input: unknown) => unknown): JsonSchema {
  const row = contract?.golden[0]?.input;
  return row === undefined ? {} : { examples: [example(row)] };
}
