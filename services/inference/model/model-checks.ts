import type { Field, NumberField, ServingContract } from '../../shared/contract/serving-contract.ts';
import { FeatureColumns } from './feature-columns.ts';
import { acceptedRange } from './float32.ts';
import type { GraphSignature, TensorSpec } from './graph-signature.ts';
import { graphInputNames } from './input-names.ts';
import { type Model, PROBABILITY_TOLERANCE } from './model.ts';
import { ModelLoadError } from './model-load-error.ts';
import { OutputShapeError } from './positive-column.ts';

const FIXED_ROWS = 'has a fixed number of rows: export the graph with a free first dimension';

/**
 * Checks that the members of the contract agree with each other.
 * @throws ModelLoadError (InvalidContract)
 */
export function checkContract(contract: ServingContract): void {
  const problems: string[] = [];
  const names = new Set<string>();
  for (const field of contract.fields) {
    if (names.has(field.name)) problems.push(`field ${field.name} is given more than once`);
    // If such a key were absent, JavaScript would read the property that every object inherits.
    if (field.name in Object.prototype) problems.push(`field ${field.name} has a reserved name`);
    names.add(field.name);
    problems.push(...fieldProblems(field));
  }
  for (const group of contract.groups ?? []) {
    const field = contract.fields.find(({ name }) => name === group);
    if (field?.type !== 'string') problems.push(`group ${group} is not a string field`);
  }
  const { outputClasses, decision } = contract;
  if (outputClasses !== undefined && !outputClasses.includes(decision.positiveClass)) {
    problems.push(
      `outputClasses are ${JSON.stringify(outputClasses)}, without decision.positiveClass ${JSON.stringify(decision.positiveClass)}`,
    );
  }
  if (problems.length > 0) {
    throw new ModelLoadError('InvalidContract', `serving.json contradicts itself: ${problems.join('; ')}`);
  }
}

function fieldProblems(field: Field): string[] {
  if (field.type === 'number') return numberProblems(field);
  return Object.entries(field.aliases ?? {})
    .filter(([, value]) => !field.values.includes(value))
    .map(([alias, value]) => `alias ${alias} of ${field.name} means ${value}, which is not allowed`);
}

function numberProblems(field: NumberField): string[] {
  const { name, minimum, maximum, levels = [] } = field;
  const { lowest, highest } = acceptedRange(field);
  const problems: string[] = [];
  if (minimum !== undefined && maximum !== undefined && minimum > maximum) {
    problems.push(`${name} has minimum ${minimum} above maximum ${maximum}`);
  }
  const seen = new Set<number>();
  for (const level of levels) {
    if (level < lowest || level > highest) {
      problems.push(`level ${level} of ${name} is not a number from ${lowest} to ${highest}`);
    }
    // The graph reads float32, so it could not tell such levels apart.
    const float32 = Math.fround(level);
    if (seen.has(float32)) problems.push(`level ${level} of ${name} equals another level as float32`);
    seen.add(float32);
  }
  return problems;
}

/**
 * Checks that the graph takes exactly the fields of the contract and gives its output.
 * @throws ModelLoadError (SignatureMismatch)
 */
export function checkSignature(signature: GraphSignature, contract: ServingContract): void {
  const problems: string[] = [];
  const inputs = new Map(signature.inputs.map((input) => [input.name, input]));
  const graphNames = graphInputNames(
    contract.fields.map(({ name }) => name),
    [...inputs.keys()],
  );
  for (const field of contract.fields) {
    const name = graphNames.get(field.name) ?? field.name;
    const input = inputs.get(name);
    inputs.delete(name);
    if (input === undefined) problems.push(`the graph has no input ${field.name}`);
    else problems.push(...inputProblems(input, field.type === 'string' ? 'string' : 'float32'));
  }
  for (const name of inputs.keys()) problems.push(`serving.json has no field ${name}`);
  const output = signature.outputs.find(({ name }) => name === contract.output);
  if (output === undefined) problems.push(`the graph has no output ${contract.output}`);
  else problems.push(...outputProblems(output, contract));
  if (problems.length > 0) throw new ModelLoadError('SignatureMismatch', problems.join('; '));
}

function inputProblems(input: TensorSpec, expected: 'string' | 'float32'): string[] {
  const { type, shape } = input;
  const [rows = -1, columns = -1] = shape;
  const isColumn = shape.length === 0 || (shape.length === 2 && (columns === 1 || columns === -1));
  if (type !== expected || !isColumn) return [`input ${describe(input)} should be ${expected} [N, 1]`];
  return rows === -1 ? [] : [`input ${describe(input)} ${FIXED_ROWS}`];
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

/**
 * Checks that the model repeats the probabilities that training computed.
 * @throws ModelLoadError (GoldenSampleMismatch)
 */
export async function checkGoldenSamples(model: Model, contract: ServingContract): Promise<void> {
  const samples = contract.golden.map(({ input }) => input);
  // One row more than samples, because the shapes for a single row do not show what belongs to a row.
  const rows = [...samples, ...samples.slice(0, 1)];
  let probabilities: Float32Array;
  try {
    probabilities = await model.score(FeatureColumns.fromRows(contract, rows), rows.length);
  } catch (error) {
    if (error instanceof OutputShapeError) {
      throw new ModelLoadError('SignatureMismatch', shapeAdvice(contract, error.message), { cause: error });
    }
    throw new ModelLoadError(
      'GoldenSampleMismatch',
      `the golden samples cannot be scored: ${(error as Error).message}`,
      { cause: error },
    );
  }
  contract.golden.forEach(({ probability: expected }, index) => {
    const actual = probabilities[index] ?? Number.NaN;
    if (!(Math.abs(actual - expected) <= PROBABILITY_TOLERANCE)) {
      throw new ModelLoadError(
        'GoldenSampleMismatch',
        `golden sample ${index} gives ${actual}, training computed ${expected} (tolerance ${PROBABILITY_TOLERANCE})${noProbability(actual)}`,
      );
    }
  });
}

function shapeAdvice({ output, outputClasses }: ServingContract, problem: string): string {
  const advice =
    outputClasses === undefined
      ? 'if the output has a column for each class, add outputClasses to serving.json'
      : 'if the output has one column, remove outputClasses from serving.json';
  return `output ${output}: ${problem}; ${advice}`;
}

function noProbability(score: number): string {
  if (score >= -PROBABILITY_TOLERANCE && score <= 1 + PROBABILITY_TOLERANCE) return '';
  return '; that is no probability in [0, 1]: let the graph end in the probability, for example with a Sigmoid';
}
