import type { Field, NumberField, ServingContract } from '../../shared/contract/serving-contract.ts';
import { FeatureColumns } from './feature-columns.ts';
import { acceptedRange } from './float32.ts';
import { type Model, PROBABILITY_TOLERANCE, RemoteUnavailableError } from './model.ts';
import { ModelLoadError } from './model-load-error.ts';
import { OutputShapeError } from './positive-column.ts';

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
 * Checks that the model repeats the probabilities that training computed.
 * @throws ModelLoadError (GoldenSampleMismatch); RemoteUnavailableError
 */
export async function checkGoldenSamples(model: Model, contract: ServingContract): Promise<void> {
  const samples = contract.golden.map(({ input }) => input);
  // One row more than samples, because the shapes for a single row do not show what belongs to a row.
  const rows = [...samples, ...samples.slice(0, 1)];
  let probabilities: Float32Array;
  try {
    probabilities = await model.score(FeatureColumns.fromRows(contract, rows), rows.length);
  } catch (error) {
    if (error instanceof RemoteUnavailableError) throw error;
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
