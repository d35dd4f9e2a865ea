type Rules = Readonly<Record<'x-kubernetes-validations', readonly { rule: string; message: string }[]>>;

/** A rule in CEL, which the API server checks. A schema cannot express such a rule, or not with a message of ours. */
export function rule(expression: string, message: string): Rules {
  return { 'x-kubernetes-validations': [{ rule: expression, message }] };
}

/** All of `rules`, for one field. */
export function rules(...all: readonly Rules[]): Rules {
  return { 'x-kubernetes-validations': all.flatMap((one) => one['x-kubernetes-validations']) };
}
