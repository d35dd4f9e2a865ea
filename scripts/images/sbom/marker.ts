/** Values of the variables of an environment marker, such as `sys_platform`. */
export type MarkerEnvironment = Readonly<Record<string, string>>;

const TOKEN = /\s*(\(|\)|'[^']*'|"[^"]*"|<=|>=|==|!=|<|>|[a-z_]+)/y;

/**
 * Whether an environment marker of Python packaging holds: https://packaging.python.org/specifications/dependency-specifiers.
 * @throws Error if the marker has a variable that the environment does not name, or cannot be read
 */
export function markerHolds(marker: string, environment: MarkerEnvironment): boolean {
  const tokens = tokensOf(marker);
  const unreadable = () => new Error(`the marker ${JSON.stringify(marker)} cannot be read`);
  const take = (): string => {
    const token = tokens.shift();
    if (token === undefined) throw unreadable();
    return token;
  };
  const value = (): { readonly text: string; readonly version: boolean } => {
    const token = take();
    if (/^['"]/.test(token)) return { text: token.slice(1, -1), version: false };
    const text = environment[token];
    if (text === undefined)
      throw new Error(`the marker ${JSON.stringify(marker)} names ${token}, which is not known`);
    return { text, version: token.endsWith('_version') && token.startsWith('python_') };
  };
  const comparison = (): boolean => {
    const left = value();
    const operator = take();
    const right = value();
    return compare(left.text, operator, right.text, left.version || right.version);
  };
  const atom = (): boolean => {
    if (tokens[0] !== '(') return comparison();
    take();
    const held = either();
    if (take() !== ')') throw unreadable();
    return held;
  };
  const both = (): boolean => {
    let held = atom();
    while (tokens[0] === 'and') {
      take();
      held = atom() && held;
    }
    return held;
  };
  const either = (): boolean => {
    let held = both();
    while (tokens[0] === 'or') {
      take();
      held = both() || held;
    }
    return held;
  };
  const held = either();
  if (tokens.length > 0) throw unreadable();
  return held;
}

function tokensOf(marker: string): string[] {
  const tokens: string[] = [];
  const text = marker.trimEnd();
  for (let at = 0; at < text.length; ) {
    TOKEN.lastIndex = at;
    const [whole = '', token = ''] = TOKEN.exec(text) ?? [];
    if (whole === '') throw new Error(`the marker ${JSON.stringify(marker)} cannot be read`);
    tokens.push(token);
    at += whole.length;
  }
  return tokens;
}

function compare(left: string, operator: string, right: string, versions: boolean): boolean {
  if (versions && right.endsWith('.*')) {
    const alike = `${left}.`.startsWith(right.slice(0, -1));
    if (operator === '==') return alike;
    if (operator === '!=') return !alike;
  }
  const order = versions ? versionOrder(left, right) : left < right ? -1 : Number(left > right);
  switch (operator) {
    case '==':
      return order === 0;
    case '!=':
      return order !== 0;
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    case '>=':
      return order >= 0;
    default:
      throw new Error(`the operator ${operator} of an environment marker is not known`);
  }
}

/** Order of two versions of Python, which have numbers alone. */
function versionOrder(left: string, right: string): number {
  const [one, other] = [left, right].map((version) => version.split('.').map(Number));
  for (let index = 0; index < Math.max(one?.length ?? 0, other?.length ?? 0); index++) {
    const difference = (one?.[index] ?? 0) - (other?.[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
