import { readFileSync } from 'node:fs';
import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';

/** Value of a field in an application. Null if the value is missing. */
type FieldValue = string | number | null;

/** Field name to value. */
export type ContractRow = Readonly<Record<string, FieldValue>>;

export interface StringField {
  readonly name: string;
  readonly type: 'string';
  readonly required: boolean;
  readonly values: readonly string[];
  readonly aliases?: Readonly<Record<string, string>>;
}

export interface NumberField {
  readonly name: string;
  readonly type: 'number';
  readonly required: boolean;
  readonly minimum?: number;
  readonly maximum?: number;
  /** The allowed values of a code. Undefined: every number of the range. */
  readonly levels?: readonly number[];
}

export type Field = StringField | NumberField;

/** Shares of the present values in (-inf, e0), [e0, e1), ..., [en, +inf). */
interface Histogram {
  readonly edges: readonly number[];
  readonly shares: readonly number[];
  readonly missing: number;
}

interface Categories {
  readonly values: Readonly<Record<string, number>>;
  readonly missing: number;
}

/** How a row becomes a row of the matrix that the graph reads. A string is its place in the field's `values`. */
export interface MatrixEncoding {
  /** Tensor of the graph that holds the matrix, float32 `[N, F]`. */
  readonly input: string;
  /** A missing string: NaN, or the number of `values`. */
  readonly missingCategory: 'nan' | 'code';
}

/** `serving.json` of a model version; each member is documented in serving.schema.json. */
export interface ServingContract {
  readonly schemaVersion: 1 | 2;
  /** Version 2 alone has an encoding. Undefined: the graph reads a tensor for each field. */
  readonly encoding?: MatrixEncoding;
  readonly output: string;
  /** Class of each column of an output [N, 2]. */
  readonly outputClasses?: readonly [string, string];
  readonly decision: {
    readonly name: string;
    readonly positiveClass: string;
    readonly negativeClass: string;
    readonly threshold: number;
  };
  readonly fields: readonly Field[];
  readonly groups?: readonly string[];
  readonly reference: {
    readonly rows: number;
    readonly fields: Readonly<Record<string, Histogram | Categories>>;
    readonly probability: Histogram;
  };
  readonly background: readonly ContractRow[];
  readonly golden: readonly { readonly input: ContractRow; readonly probability: number }[];
}

/** `serving.json` breaks its schema. */
export class ContractError extends Error {
  override readonly name = 'ContractError';
}

const validate = new Ajv2020({ allErrors: true, allowUnionTypes: true }).compile<ServingContract>(
  JSON.parse(readFileSync(new URL('./serving.schema.json', import.meta.url), 'utf8')),
);

/**
 * Reads `serving.json`.
 * @throws ContractError that names place and rule of the first five violations
 */
export function parseServingContract(text: string): ServingContract {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new ContractError(`serving.json is not JSON: ${(error as Error).message}`);
  }
  if (validate(value)) return value;
  // Beside what breaks the rules of a version, ajv names the condition that chose these rules.
  const errors = (validate.errors ?? []).filter(({ keyword }) => keyword !== 'if');
  const problems = errors.slice(0, 5).map(describe);
  throw new ContractError(`serving.json breaks its schema: ${problems.join('; ')}`);
}

function describe(error: ErrorObject): string {
  const message = error.keyword === 'false schema' ? 'is not allowed in this schemaVersion' : error.message;
  return `${error.instancePath || '/'} ${message ?? error.keyword}`;
}
