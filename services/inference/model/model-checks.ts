import type { Field, NumberField, ServingContract } from '../../shared/contract/serving-contract.ts';
import { FeatureColumns } from './feature-columns.ts';
import { acceptedRange } from './float32.ts';
import type { GraphSignature, TensorSpec } from './graph-signature.ts';
import { type Model, PROBABILITY_TOLERANCE } from './model.ts';
import { ModelLoadError } from './model-load-error.ts';

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
  for (const field of contract.fields) {
    const input = inputs.get(field.name);
    inputs.delete(field.name);
    const type = field.type === 'string' ? 'string' : 'float32';
    if (input === undefined) problems.push(`the graph has no input ${field.name}`);
    else if (!isColumn(input, type)) problems.push(`input ${describe(input)} should be ${type} [N, 1]`);
  }
  for (const name of inputs.keys()) problems.push(`serving.json has no field ${name}`);
  const output = signature.outputs.find(({ name }) => name === contract.output);
  if (output === undefined) problems.push(`the graph has no output ${contract.output}`);
  else if (!isColumn(output, 'float32')) problems.push(`output ${describe(output)} should be float32 [N, 1]`);
  if (problems.length > 0) throw new ModelLoadError('SignatureMismatch', problems.join('; '));
}

function isColumn({ type, shape }: TensorSpec, expected: 'string' | 'float32'): boolean {
  // A converter may leave the shape of an output open. The golden samples then check the shape.
  return (
    type === expected && (shape.length === 0 || (shape.length === 2 && shape[0] === -1 && shape[1] !== 0))
  );
}

function describe({ name, type, shape }: TensorSpec): string {
  return `${name} (${type} [${shape.map((length) => (length === -1 ? 'N' : length)).join(', ')}])`;
}

/**
 * Checks that the model repeats the probabilities that training computed.
 * @throws ModelLoadError (GoldenSampleMismatch)
 */
export async function checkGoldenSamples(model: Model, contract: ServingContract): Promise<void> {
  const rows = contract.golden.map((sample) => sample.input);
  let probabilities: Float32Array;
  try {
    probabilities = await model.score(FeatureColumns.fromRows(contract.fields, rows), rows.length);
  } catch (error) {
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
        `golden sample ${index} gives ${actual}, training computed ${expected} (tolerance ${PROBABILITY_TOLERANCE})`,
      );
    }
  });
}
