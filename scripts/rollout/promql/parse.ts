import { type Expression, type Matcher, QueryError } from './expression.ts';
import { durationSeconds, type Token, tokensOf, unquoted } from './tokens.ts';

/** Operators by precedence, the weakest first. All of them are left-associative. */
const LEVELS: readonly (readonly string[])[] = [
  ['or'],
  ['and', 'unless'],
  ['==', '!=', '<=', '<', '>=', '>'],
  ['+', '-'],
  ['*', '/', '%'],
];
const AGGREGATIONS = ['sum', 'max', 'min', 'avg', 'count'];
const MATCHER_OPERATORS: readonly string[] = ['=', '!=', '=~', '!~'];

/** @throws QueryError for a query that is wrong, or that uses more of PromQL than the gates do */
export function parseQuery(query: string): Expression {
  const parser = new Parser(tokensOf(query));
  const expression = parser.expression(0);
  parser.end();
  return expression;
}

class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  end(): void {
    const next = this.#tokens[this.#at];
    if (next !== undefined) throw new QueryError(`unexpected ${next.text}`);
  }

  expression(level: number): Expression {
    const operators = LEVELS[level];
    if (operators === undefined) return this.#unary();
    let left = this.expression(level + 1);
    for (let operator = this.#take(...operators); operator; operator = this.#take(...operators)) {
      if (this.#take('bool', 'on', 'ignoring'))
        throw new QueryError('bool, on and ignoring are not known here');
      left = { kind: 'binary', operator, left, right: this.expression(level + 1) };
    }
    return left;
  }

  #unary(): Expression {
    if (this.#take('-') === undefined) return this.#primary();
    const zero = { kind: 'number', value: 0 } as const;
    return { kind: 'binary', operator: '-', left: zero, right: this.#unary() };
  }

  #primary(): Expression {
    if (this.#take('(')) {
      const inner = this.expression(0);
      this.#need(')');
      return inner;
    }
    const token = this.#next();
    if (token.kind === 'number') return { kind: 'number', value: Number(token.text) };
    if (token.kind !== 'word') throw new QueryError(`unexpected ${token.text}`);
    if (AGGREGATIONS.includes(token.text)) return this.#aggregation(token.text);
    return this.#take('(') ? this.#call(token.text) : this.#selector(token.text);
  }

  #aggregation(name: string): Expression {
    const before = this.#labels();
    this.#need('(');
    const argument = this.expression(0);
    this.#need(')');
    return { kind: 'aggregation', name, argument, by: before ?? this.#labels() ?? [] };
  }

  #labels(): string[] | undefined {
    if (this.#take('without')) throw new QueryError('without is not known here');
    if (this.#take('by') === undefined) return undefined;
    const labels: string[] = [];
    this.#need('(');
    while (this.#take(')') === undefined) {
      labels.push(this.#next().text);
      this.#take(',');
    }
    return labels;
  }

  #call(name: string): Expression {
    const argument = this.expression(0);
    const limit = this.#take(',') ? this.expression(0) : undefined;
    this.#need(')');
    if (limit === undefined) return { kind: 'call', name, argument };
    if (limit.kind !== 'number') throw new QueryError(`the second argument of ${name} must be a number`);
    return { kind: 'call', name, argument, limit: limit.value };
  }

  #selector(name: string): Expression {
    const matchers: Matcher[] = [];
    if (this.#take('{')) {
      while (this.#take('}') === undefined) {
        matchers.push(this.#matcher());
        this.#take(',');
      }
    }
    const rangeSeconds = this.#take('[') ? this.#duration() : undefined;
    if (rangeSeconds !== undefined) this.#need(']');
    const offsetSeconds = this.#take('offset') ? this.#duration() : 0;
    return { kind: 'selector', name, matchers, rangeSeconds, offsetSeconds };
  }

  #matcher(): Matcher {
    const label = this.#next().text;
    const { text: operator } = this.#next();
    const value = this.#next();
    if (!MATCHER_OPERATORS.includes(operator) || value.kind !== 'string')
      throw new QueryError(`${label} ${operator} ${value.text} is no label matcher`);
    return { label, operator: operator as Matcher['operator'], value: unquoted(value.text) };
  }

  #duration(): number {
    const token = this.#next();
    if (token.kind !== 'duration') throw new QueryError(`${token.text} is no duration`);
    return durationSeconds(token.text);
  }

  /** Takes the next token if it is one of these. A string in quotes never is. */
  #take(...texts: readonly string[]): string | undefined {
    const token = this.#tokens[this.#at];
    if (token === undefined || token.kind === 'string' || !texts.includes(token.text)) return undefined;
    this.#at++;
    return token.text;
  }

  #need(text: string): void {
    if (this.#take(text) === undefined)
      throw new QueryError(`${text} is missing before ${this.#tokens[this.#at]?.text ?? 'the end'}`);
  }

  #next(): Token {
    const token = this.#tokens[this.#at++];
    if (token === undefined) throw new QueryError('unexpected end');
    return token;
  }
}
