import type {
  Field,
  NumberField,
  ServingContract,
  StringField,
} from '../../shared/contract/serving-contract.ts';

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
    return [...problems, ...narrowedRange(before, after)];
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
