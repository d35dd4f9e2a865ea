import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { z } from 'zod';

/** Stack name, then output name, then value: the form of CDK's `--outputs-file`. */
export type StackOutputs = Readonly<Record<string, Readonly<Record<string, string>>>>;

const stackOutputs = z.record(z.string(), z.record(z.string(), z.string()));

/** @returns no stacks if there is no file @throws Error with the path if the file has another form */
export function readStackOutputs(path: string): StackOutputs {
  if (!existsSync(path)) return {};
  try {
    return stackOutputs.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (error) {
    throw new Error(`${path} is not a file of stack outputs. Delete it and run \`make aws-outputs\`.`, {
      cause: error,
    });
  }
}

/** Writes the outputs of some stacks. Those of the other stacks in the file stay. */
export function mergeStackOutputs(path: string, found: StackOutputs): void {
  const merged = Object.entries({ ...readStackOutputs(path), ...found }).sort(([a], [b]) => (a < b ? -1 : 1));
  writeFileSync(path, `${JSON.stringify(Object.fromEntries(merged), null, 2)}\n`);
}

/** Removes the outputs of stacks that are gone. */
export function forgetStackOutputs(path: string, stacks: readonly string[]): void {
  const left = Object.entries(readStackOutputs(path)).filter(([stack]) => !stacks.includes(stack));
  if (existsSync(path)) writeFileSync(path, `${JSON.stringify(Object.fromEntries(left), null, 2)}\n`);
}
