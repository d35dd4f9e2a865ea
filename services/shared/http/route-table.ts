import type { HttpOperation } from './operation.ts';

/** What a path answers to. */
export interface KnownPath {
  readonly methods: ReadonlySet<string>;
  /** Value of the header `Allow`. */
  readonly allow: string;
}

interface Pattern {
  readonly segments: readonly string[];
  readonly known: KnownPath;
}

type Routes = readonly Pick<HttpOperation, 'method' | 'paths'>[];

/** Finds a path as express does: neither the case of letters nor a slash at the end matters. */
export class RouteTable {
  readonly #fixed = new Map<string, KnownPath>();
  readonly #patterns: readonly Pattern[];

  constructor(operations: Routes) {
    const paths = [...new Set(operations.flatMap((operation) => operation.paths))];
    const knownPaths = paths.map((path) => ({
      path: path.toLowerCase(),
      known: knownPath(operations, path),
    }));
    for (const { path, known } of knownPaths) this.#fixed.set(path, known);
    this.#patterns = knownPaths
      .filter(({ path }) => path.includes(':'))
      .map(({ path, known }) => ({ segments: path.split('/'), known }));
  }

  /** Undefined if no operation has the path. */
  find(path: string): KnownPath | undefined {
    const fixed = this.#fixed.get(path);
    if (fixed !== undefined) return fixed;
    const lower = path.toLowerCase();
    const plain = lower.length > 1 && lower.endsWith('/') ? lower.slice(0, -1) : lower;
    return this.#fixed.get(plain) ?? this.#patterns.find(({ segments }) => matches(segments, plain))?.known;
  }
}

function knownPath(operations: Routes, path: string): KnownPath {
  const own = operations.filter(({ paths }) => paths.includes(path)).map(({ method }) => method);
  const methods = new Set(own.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])));
  return { methods, allow: [...methods, 'OPTIONS'].join(', ') };
}

function matches(segments: readonly string[], path: string): boolean {
  const given = path.split('/', segments.length + 1);
  return (
    given.length === segments.length &&
    segments.every((segment, index) =>
      segment.startsWith(':') ? given[index] !== '' : given[index] === segment,
    )
  );
}
