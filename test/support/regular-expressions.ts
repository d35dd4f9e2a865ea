import { parseSync } from '@swc/core';

/** A regular expression of a source file. */
export interface RegularExpression {
  readonly pattern: string;
  readonly flags: string;
}

/** A `RegExp` that is made of more than texts, so that its pattern is known only when the program runs. */
export const MADE_AT_RUN_TIME = Symbol('made at run time');

/** Finds the literals of a TypeScript file and the patterns given to `RegExp`, by the syntax tree. */
export function regularExpressionsOf(source: string): (RegularExpression | typeof MADE_AT_RUN_TIME)[] {
  const found: (RegularExpression | typeof MADE_AT_RUN_TIME)[] = [];
  visit(parseSync(source, { syntax: 'typescript', target: 'es2024' }), found);
  return found;
}

function visit(node: unknown, found: (RegularExpression | typeof MADE_AT_RUN_TIME)[]): void {
  if (typeof node !== 'object' || node === null) return;
  const { type, callee, pattern, flags } = node as Record<string, unknown>;
  if (type === 'RegExpLiteral') found.push({ pattern: String(pattern), flags: String(flags) });
  const makes = type === 'NewExpression' || type === 'CallExpression';
  if (makes && (callee as { value?: unknown }).value === 'RegExp') found.push(made(node as Call));
  for (const child of Object.values(node)) visit(child, found);
}

interface Call {
  readonly arguments: readonly { readonly expression: { readonly type: string; readonly value?: unknown } }[];
}

function made({ arguments: given }: Call): RegularExpression | typeof MADE_AT_RUN_TIME {
  const [pattern, flags] = given.map(({ expression }) => expression);
  const texts = [pattern, flags].every((part) => part === undefined || part.type === 'StringLiteral');
  if (!texts || pattern === undefined) return MADE_AT_RUN_TIME;
  return { pattern: String(pattern.value), flags: String(flags?.value ?? '') };
}
