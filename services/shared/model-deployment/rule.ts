/** CEL for a text with a visible character. The five letters and symbols that have no glyph count as blanks too. */
export const NOT_BLANK = "self.matches(r'[^\\s\\p{Z}\\p{C}\\x{115F}\\x{1160}\\x{2800}\\x{3164}\\x{FFA0}]')";

interface Rule {
  readonly rule: string;
  readonly message: string;
  /** True: `oldSelf` is an optional, and the rule also holds for new objects. */
  readonly optionalOldSelf?: true;
}

type Rules = Readonly<Record<'x-kubernetes-validations', readonly Rule[]>>;

/** A rule in CEL, which the API server checks. A schema cannot express such a rule, or not with a message of ours. */
export function rule(expression: string, message: string): Rules {
  return { 'x-kubernetes-validations': [{ rule: expression, message }] };
}

/**
 * A rule that several fields must keep together. An earlier release may have stored an object that breaks the rule. Such
 * an object can still be changed, for example suspended, as long as the values of `reads` stay. For the rule of a single
 * field the API server does that by itself. `reads`: the numbers and booleans that the rule reads, as CEL that begins
 * with `self`. The API server estimates the comparison of anything else as too expensive.
 */
export function ruleOfFields(expression: string, message: string, reads: readonly string[]): Rules {
  const unchanged = reads.map((read) => `${read} == ${read.replace(/^self/, 'oldSelf')}`);
  const repeated = ['oldSelf.hasValue()', ...unchanged].join(' && ');
  const relaxed = { rule: `(${expression}) || (${repeated})`, message, optionalOldSelf: true } as const;
  return { 'x-kubernetes-validations': [relaxed] };
}

/** All of `rules`, for one field. */
export function rules(...all: readonly Rules[]): Rules {
  return { 'x-kubernetes-validations': all.flatMap((one) => one['x-kubernetes-validations']) };
}
