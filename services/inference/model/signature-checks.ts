import type { Field, ServingContract } from '../../shared/contract/serving-contract.ts';
import type { GraphSignature, TensorSpec } from './graph-signature.ts';
import { graphInputNames } from './input-names.ts';
import { ModelLoadError } from './model-load-error.ts';

const FIXED_ROWS = 'has a fixed number of rows: export the graph with a free first dimension';

/**
 * Checks that the graph takes the fields of the contract, or the matrix of them, and gives its output.
 * @throws ModelLoadError (SignatureMismatch)
 */
export function checkSignature({ inputs, outputs }: GraphSignature, contract: ServingContract): void {
  const { encoding, fields } = contract;
  const problems =
    encoding === undefined
      ? fieldInputProblems(inputs, fields)
      : matrixProblems(inputs, encoding.input, fields.length);
  const output = outputs.find(({ name }) => name === contract.output);
  if (output === undefined) problems.push(`the graph has no output ${contract.output}`);
  else problems.push(...outputProblems(output, contract));
  if (problems.length > 0) throw new ModelLoadError('SignatureMismatch', problems.join('; '));
}

/** Why the inputs are not exactly a column for each field. */
export function fieldInputProblems(given: readonly TensorSpec[], fields: readonly Field[]): string[] {
  const problems: string[] = [];
  const inputs = new Map(given.map((input) => [input.name, input]));
  const graphNames = graphInputNames(
    fields.map(({ name }) => name),
    [...inputs.keys()],
  );
  for (const field of fields) {
    const name = graphNames.get(field.name) ?? field.name;
    const input = inputs.get(name);
    inputs.delete(name);
    if (input === undefined) problems.push(`the graph has no input ${field.name}`);
    else problems.push(...columnProblems(input, field.type === 'string' ? 'string' : 'float32'));
  }
  for (const name of inputs.keys()) problems.push(`serving.json has no field ${name}`);
  return problems;
}

function columnProblems(input: TensorSpec, expected: 'string' | 'float32'): string[] {
  const { type, shape } = input;
  const [rows = -1, columns = -1] = shape;
  const isColumn = shape.length === 0 || (shape.length === 2 && (columns === 1 || columns === -1));
  if (type !== expected || !isColumn) return [`input ${describe(input)} should be ${expected} [N, 1]`];
  return rows === -1 ? [] : [`input ${describe(input)} ${FIXED_ROWS}`];
}

function matrixProblems(inputs: readonly TensorSpec[], name: string, width: number): string[] {
  const matrix = inputs.find((input) => input.name === name);
  const others = inputs.filter((input) => input !== matrix);
  return [
    ...(matrix === undefined
      ? [`the graph has no input ${name}, which encoding.input names`]
      : matrixTensorProblems(matrix, width)),
    ...others.map((input) => `input ${describe(input)} is not the matrix that encoding.input names`),
  ];
}

/** Why the tensor is not a matrix with a column for each field. A width that the graph leaves open is no problem. */
export function matrixTensorProblems(tensor: TensorSpec, width: number): string[] {
  const { type, shape } = tensor;
  const [rows = -1, columns = -1] = shape;
  const isMatrix = shape.length === 0 || (shape.length === 2 && (columns === width || columns === -1));
  if (type !== 'float32' || !isMatrix) {
    return [
      `tensor ${describe(tensor)} should be float32 [N, ${width}], with a column for each of the ${width} fields of serving.json`,
    ];
  }
  return rows === -1 ? [] : [`tensor ${describe(tensor)} ${FIXED_ROWS}`];
}

/** A converter may leave the shape of an output open. The golden samples then check the shape. */
function outputProblems(output: TensorSpec, { outputClasses, decision }: ServingContract): string[] {
  const { type, shape } = output;
  const [rows = -1, width = shape.length === 1 ? 1 : -1] = shape;
  const name = `output ${describe(output)}`;
  if ((type !== 'float32' && type !== 'float64') || shape.length > 2 || width === 0 || width > 2) {
    return [`${name} should be float32 or float64 [N], [N, 1] or [N, 2]`];
  }
  if (rows !== -1) return [`${name} ${FIXED_ROWS}`];
  if (width === 2 && outputClasses === undefined) {
    const { negativeClass, positiveClass } = decision;
    return [
      `${name} has a column for each class: add outputClasses to serving.json, with the class of each column in order, such as ${JSON.stringify([negativeClass, positiveClass])}`,
    ];
  }
  if (width === 1 && outputClasses !== undefined) {
    return [
      `${name} has one column: remove outputClasses from serving.json, which only an output [N, 2] may have`,
    ];
  }
  return [];
}

function describe({ name, type, shape }: TensorSpec): string {
  return `${name} (${type} [${shape.map((length) => (length === -1 ? 'N' : length)).join(', ')}])`;
}
