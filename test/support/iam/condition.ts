import { matchesArn, matchesPattern } from './pattern.ts';

/** What is known about a call: key, for example `kms:ViaService`, then its value or values. */
export type RequestContext = Readonly<Record<string, string | readonly string[]>>;

type Test = (wanted: string, found: string) => boolean;

const TESTS: Readonly<Record<string, Test>> = {
  StringEquals: (wanted, found) => wanted === found,
  StringEqualsIgnoreCase: (wanted, found) => wanted.toLowerCase() === found.toLowerCase(),
  StringLike: matchesPattern,
  Bool: (wanted, found) => wanted.toLowerCase() === found.toLowerCase(),
  ArnEquals: matchesArn,
  ArnLike: matchesArn,
  NumericEquals: (wanted, found) => Number(found) === Number(wanted),
  NumericLessThan: (wanted, found) => Number(found) < Number(wanted),
  NumericLessThanEquals: (wanted, found) => Number(found) <= Number(wanted),
  NumericGreaterThan: (wanted, found) => Number(found) > Number(wanted),
  NumericGreaterThanEquals: (wanted, found) => Number(found) >= Number(wanted),
};
/** True if no wanted value matches. A key that the call does not have makes them true too. */
const NEGATIONS: Readonly<Record<string, Test | undefined>> = {
  StringNotEquals: TESTS.StringEquals,
  StringNotEqualsIgnoreCase: TESTS.StringEqualsIgnoreCase,
  StringNotLike: TESTS.StringLike,
  ArnNotEquals: TESTS.ArnEquals,
  ArnNotLike: TESTS.ArnLike,
};
const IF_EXISTS = 'IfExists';
const FOR_ANY = 'ForAnyValue:';
const FOR_ALL = 'ForAllValues:';

/**
 * True if every operator and key of a Condition element holds.
 * @throws Error if an operator or a policy variable is not known here, because a guess could allow too much
 */
export function conditionHolds(
  condition: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>,
  context: RequestContext,
): boolean {
  return Object.entries(condition).every(([operator, keys]) =>
    Object.entries(keys).every(([key, wanted]) => holds(operator, wanted, valuesOf(context, key))),
  );
}

function holds(operator: string, wanted: readonly string[], found: readonly string[] | undefined): boolean {
  const variable = wanted.find((value) => value.includes('${'));
  if (variable !== undefined) throw new Error(`${variable}: the evaluator knows no policy variables`);
  if (operator === 'Null') return wanted.some((value) => (value === 'true') === (found === undefined));
  const [quantifier, name] = quantified(operator);
  const isOptional = name.endsWith(IF_EXISTS);
  const base = isOptional ? name.slice(0, -IF_EXISTS.length) : name;
  const [test, negation] = [TESTS[base], NEGATIONS[base]];
  if (test === undefined && negation === undefined)
    throw new Error(`${operator}: the evaluator does not know this condition operator`);
  if (found === undefined)
    return isOptional || negation !== undefined ? quantifier !== FOR_ANY : quantifier === FOR_ALL;
  const matches = (value: string) =>
    test ? wanted.some((it) => test(it, value)) : !wanted.some((it) => negation?.(it, value));
  // Without a quantifier IAM compares a single value. AWS calls more than one value a mistake of the policy.
  return quantifier === FOR_ANY ? found.some(matches) : found.every(matches);
}

function quantified(operator: string): [quantifier: string | undefined, name: string] {
  const quantifier = [FOR_ANY, FOR_ALL].find((prefix) => operator.startsWith(prefix));
  return [quantifier, operator.slice(quantifier?.length ?? 0)];
}

/** Names of keys have no case. */
function valuesOf(context: RequestContext, key: string): readonly string[] | undefined {
  const entry = Object.entries(context).find(([name]) => name.toLowerCase() === key.toLowerCase());
  return entry && [entry[1]].flat();
}
