import { EXAMPLE_APPLICATION } from '../../../services/inference/http/operations/example-application.ts';
import { artifactDigest } from '../../../services/shared/contract/digest.ts';
import type {
  ContractRow,
  Field,
  MatrixEncoding,
  NumberField,
  ServingContract,
  StringField,
} from '../../../services/shared/contract/serving-contract.ts';
import { encodeOnnx, type Graph, type GraphNode } from './onnx-graph.ts';

function category(name: string, values: readonly string[], aliases?: Record<string, string>): StringField {
  return { name, type: 'string', required: false, values, ...(aliases ? { aliases } : {}) };
}

function amount(name: string, maximum: number, required = false): NumberField {
  return { name, type: 'number', required, minimum: 0, maximum };
}

export const LOAN_FIELDS: readonly Field[] = [
  category('Gender', ['Female', 'Male']),
  category('Married', ['No', 'Yes']),
  category('Dependents', ['0', '1', '2', '3+'], { '3': '3+' }),
  category('Education', ['Graduate', 'Not Graduate']),
  category('Self_Employed', ['No', 'Yes']),
  amount('ApplicantIncome', 1e7, true),
  amount('CoapplicantIncome', 1e7),
  amount('LoanAmount', 1e5),
  amount('Loan_Amount_Term', 600),
  amount('Credit_History', 1),
  category('Property_Area', ['Rural', 'Semiurban', 'Urban']),
];

/** Log-odds for each category (by its index in the field's values) and for each unit of a number. */
const WEIGHTS: Readonly<Record<string, readonly number[] | number>> = {
  Gender: [0, 0.1],
  Married: [0, 0.4],
  Dependents: [0, -0.1, 0.1, 0.2],
  Education: [0.3, 0],
  Self_Employed: [0, -0.1],
  ApplicantIncome: 0.00002,
  CoapplicantIncome: 0.00001,
  LoanAmount: -0.004,
  Loan_Amount_Term: -0.001,
  Credit_History: 3.2,
  Property_Area: [0, 0.8, 0.3],
};

const MISSING_NUMBER: Readonly<Record<string, number>> = {
  CoapplicantIncome: 0,
  LoanAmount: 128,
  Loan_Amount_Term: 360,
  Credit_History: 0.8,
};

/** The predecessor's example record. */
export const EXAMPLE_INPUT = EXAMPLE_APPLICATION.input satisfies ContractRow;

export interface LoanModelOptions {
  /** Added to the log-odds. Two versions with different biases decide differently. @default -2 */
  readonly intercept?: number;
  /** How the matrix of a version 2 holds a missing category. @default version 1, which has no matrix */
  readonly missingCategory?: MatrixEncoding['missingCategory'] | undefined;
}

/** Tensor of the matrix of a version 2. */
export const LOAN_MATRIX = 'matrix';

/** Probability that the test model must give, computed without ONNX. */
export function expectedProbability(input: ContractRow, intercept = -2): number {
  let logOdds = intercept;
  for (const field of LOAN_FIELDS) {
    const weight = WEIGHTS[field.name] as readonly number[] | number;
    const value = input[field.name];
    if (typeof weight === 'number') {
      logOdds += weight * Number(value ?? MISSING_NUMBER[field.name] ?? 0);
    } else if (field.type === 'string' && value !== null && value !== undefined) {
      logOdds += weight[field.values.indexOf(String(value))] ?? 0;
    }
  }
  return 1 / (1 + Math.exp(-logOdds));
}

/**
 * A logistic regression over the raw columns. The graph itself handles missing values and categories. In version 2 it does
 * so behind the matrix.
 */
export function loanGraph({ intercept = -2, missingCategory }: LoanModelOptions = {}): Graph {
  const front = missingCategory === undefined ? undefined : matrixOf(missingCategory);
  const weights = LOAN_FIELDS.map(({ name }) => (typeof WEIGHTS[name] === 'number' ? WEIGHTS[name] : 1));
  return {
    inputs: LOAN_FIELDS.map(({ name, type }) => ({
      name,
      type: type === 'string' ? 'string' : 'float32',
      shape: ['N', 1],
    })),
    outputs: [{ name: 'probability', type: 'float32', shape: ['N', 1] }],
    initializers: [
      ...(front?.initializers ?? []),
      { name: 'weights', shape: [LOAN_FIELDS.length, 1], values: weights },
      { name: 'intercept', shape: [1], values: [intercept] },
    ],
    nodes: [
      ...(front?.nodes ?? []),
      ...LOAN_FIELDS.map((field) => weighted(field, front !== undefined)),
      {
        operator: 'Concat',
        inputs: LOAN_FIELDS.map(({ name }) => `${name}_encoded`),
        output: 'features',
        attributes: { axis: { int: 1 } },
      },
      { operator: 'MatMul', inputs: ['features', 'weights'], output: 'products' },
      { operator: 'Add', inputs: ['products', 'intercept'], output: 'log_odds' },
      { operator: 'Sigmoid', inputs: ['log_odds'], output: 'probability' },
    ],
  };
}

/** The matrix of the raw columns, and its columns again. */
function matrixOf(missingCategory: MatrixEncoding['missingCategory']): Pick<Graph, 'nodes' | 'initializers'> {
  return {
    initializers: LOAN_FIELDS.map(({ name }, index) => ({
      name: `${name}_place`,
      type: 'int64',
      shape: [1],
      values: [index],
    })),
    nodes: [
      ...LOAN_FIELDS.map((field) => codeOf(field, missingCategory)),
      {
        operator: 'Concat',
        inputs: LOAN_FIELDS.map(({ name }) => `${name}_code`),
        output: LOAN_MATRIX,
        attributes: { axis: { int: 1 } },
      },
      ...LOAN_FIELDS.map(({ name }) => ({
        operator: 'Gather',
        inputs: [LOAN_MATRIX, `${name}_place`],
        output: `${name}_column`,
        attributes: { axis: { int: 1 } },
      })),
    ],
  };
}

function codeOf(field: Field, missingCategory: MatrixEncoding['missingCategory']): GraphNode {
  const output = `${field.name}_code`;
  if (field.type === 'number') return { operator: 'Identity', inputs: [field.name], output };
  return {
    operator: 'LabelEncoder',
    domain: 'ai.onnx.ml',
    inputs: [field.name],
    output,
    attributes: {
      keys_strings: { strings: field.values },
      values_floats: { floats: field.values.map((_, code) => code) },
      default_float: { float: missingCategory === 'code' ? field.values.length : Number.NaN },
    },
  };
}

/** A category as its weight, and a number without gaps. */
function weighted(field: Field, isCode: boolean): GraphNode {
  const { name, type } = field;
  const inputs = [isCode ? `${name}_column` : name];
  const output = `${name}_encoded`;
  if (type === 'number') {
    return {
      operator: 'Imputer',
      domain: 'ai.onnx.ml',
      inputs,
      output,
      attributes: {
        imputed_value_floats: { floats: [MISSING_NUMBER[name] ?? 0] },
        replaced_value_float: { float: Number.NaN },
      },
    };
  }
  return {
    operator: 'LabelEncoder',
    domain: 'ai.onnx.ml',
    inputs,
    output,
    attributes: {
      ...(isCode
        ? { keys_floats: { floats: field.values.map((_, code) => code) } }
        : { keys_strings: { strings: field.values } }),
      values_floats: { floats: WEIGHTS[name] as readonly number[] },
      default_float: { float: 0 },
    },
  };
}

export function loanContract({ intercept = -2, missingCategory }: LoanModelOptions = {}): ServingContract {
  const golden = [EXAMPLE_INPUT, { ApplicantIncome: 0, LoanAmount: 700, Credit_History: null }];
  return {
    ...(missingCategory === undefined
      ? { schemaVersion: 1 }
      : { schemaVersion: 2, encoding: { input: LOAN_MATRIX, missingCategory } }),
    output: 'probability',
    decision: { name: 'approved', positiveClass: 'Approved', negativeClass: 'Rejected', threshold: 0.5 },
    fields: LOAN_FIELDS,
    groups: ['Gender', 'Married', 'Property_Area'],
    reference: { rows: 1, fields: {}, probability: { edges: [0.5], shares: [0.3, 0.7], missing: 0 } },
    background: [EXAMPLE_INPUT],
    golden: golden.map((input) => ({ input, probability: expectedProbability(input, intercept) })),
  };
}

const MLMODEL = `flavors:
  onnx:
    data: model.onnx
    onnx_version: 1.18.0
run_id: 0123456789abcdef0123456789abcdef
signature:
  inputs: '${JSON.stringify(
    LOAN_FIELDS.map(({ name, type }) => ({
      type: type === 'string' ? 'string' : 'double',
      name,
      required: false,
    })),
  )}'
`;

/** The files of a version, in the form that training logs. */
export function loanArtifact(options: LoanModelOptions = {}): Map<string, Uint8Array> {
  return new Map([
    ['MLmodel', Buffer.from(MLMODEL)],
    ['model.onnx', encodeOnnx(loanGraph(options))],
    ['serving.json', Buffer.from(JSON.stringify(loanContract(options)))],
  ]);
}

export function digestOf(files: ReadonlyMap<string, Uint8Array>): string {
  return artifactDigest(new Map([...files].filter(([path]) => path !== 'MLmodel')));
}
