import type {
  Field,
  NumberField,
  ServingContract,
  StringField,
} from '../../shared/contract/serving-contract.ts';
import { acceptedRange } from './float32.ts';

const LISTED_LEVELS = 12;

/**
 * Reasons for which clients of `stable` could not call `candidate`: an input that is no longer accepted, or another name
 * of the decision. Empty if they are compatible. A field that the candidate no longer reads does no harm.
 */
export function incompatibilities(stable: ServingContract, candidate: ServingContract): string[] {
  const known = new Map(stable.fields.map((field) => [field.name, field]));
  const problems = candidate.fields.flatMap((field) => fieldProblems(known.get(field.name), field));
  if (candidate.decision.name !== stable.decision.name) {
    problems.push(`the decision is called ${candidate.decision.name}, it was ${stable.decision.name}`);
  }
  return problems;
}

function fieldProblems(before: Field | undefined, after: Field): string[] {
  if (before === undefined) return after.required ? [`${after.name} is new and required`] : [];
  const problems = after.required && !before.required ? [`${after.name} has become required`] : [];
  if (before.type === 'string' && after.type === 'string') {
    return [...problems, ...removedValues(before, after)];
  }
  if (before.type === 'number' && after.type === 'number') {
    return [...problems, ...removedNumbers(before, after)];
  }
  return [...problems, `${after.name} was a ${before.type} and is a ${after.type}`];
}

function removedValues(before: StringField, after: StringField): string[] {
  const accepted = new Set(spellings(after));
  return spellings(before)
    .filter((value) => !accepted.has(value))
    .map((value) => `${after.name} no longer takes ${JSON.stringify(value)}`);
}

function spellings({ values, aliases }: StringField): string[] {
  return [...values, ...Object.keys(aliases ?? {})];
}

function removedNumbers(before: NumberField, after: NumberField): string[] {
  if (before.levels !== undefined) return removedLevels(after, before.levels);
  return after.levels === undefined ? narrowedRange(before, after) : addedLevels(before, after, after.levels);
}

/** Numbers are compared as the graph reads them, in float32. */
function removedLevels(after: NumberField, before: readonly number[]): string[] {
  const { lowest, highest } = acceptedRange(after);
  const levels = after.levels?.map(Math.fround);
  return before
    .filter((level) =>
      levels === undefined ? level < lowest || level > highest : !levels.includes(Math.fround(level)),
    )
    .map((level) => `${after.name} no longer takes ${level}`);
}

/**
 * An earlier release wrote a code as a range: Credit_History was 0 to 1, although training allowed 0 and 1 only. So levels
 * that hold both bounds of the range are compatible, although numbers between the levels are now refused.
 */
function addedLevels(before: NumberField, after: NumberField, levels: readonly number[]): string[] {
  const known = new Set(levels.map(Math.fround));
  const hasBound = (bound: number | undefined) => bound !== undefined && known.has(Math.fround(bound));
  if (hasBound(before.minimum) && hasBound(before.maximum)) return [];
  const listed = levels.slice(0, LISTED_LEVELS).join(', ');
  const rest = levels.length > LISTED_LEVELS ? ', …' : '';
  return [`${after.name} now takes only ${listed}${rest}, it took ${numbersOf(before)}`];
}

function numbersOf({ minimum, maximum }: NumberField): string {
  if (minimum !== undefined && maximum !== undefined) return `every number from ${minimum} to ${maximum}`;
  if (minimum !== undefined) return `every number of at least ${minimum}`;
  return maximum === undefined ? 'every number' : `every number of at most ${maximum}`;
}

function narrowedRange(before: NumberField, after: NumberField): string[] {
  const [low, high] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  const problems: string[] = [];
  if ((after.minimum ?? low) > (before.minimum ?? low)) {
    problems.push(`${after.name} no longer takes numbers below ${after.minimum}`);
  }
  if ((after.maximum ?? high) < (before.maximum ?? high)) {
    problems.push(`${after.name} no longer takes numbers above ${after.maximum}`);
  }
  return problems;
}
