/** The part of PromQL that the gates use. */
export type Expression =
  | { readonly kind: 'number'; readonly value: number }
  | {
      readonly kind: 'selector';
      readonly name: string;
      readonly matchers: readonly Matcher[];
      /** Undefined: the last value. */
      readonly rangeSeconds: number | undefined;
      readonly offsetSeconds: number;
    }
  | { readonly kind: 'call'; readonly name: string; readonly argument: Expression; readonly limit?: number }
  | {
      readonly kind: 'aggregation';
      readonly name: string;
      /** The labels that stay. */
      readonly by: readonly string[];
      readonly argument: Expression;
    }
  | {
      readonly kind: 'binary';
      readonly operator: string;
      readonly left: Expression;
      readonly right: Expression;
    };

export interface Matcher {
  readonly label: string;
  readonly operator: '=' | '!=' | '=~' | '!~';
  readonly value: string;
}

/** The query is wrong, or it uses a part of PromQL that is not known here. */
export class QueryError extends Error {
  override readonly name = 'QueryError';
}
