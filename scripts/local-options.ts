import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { parse } from 'yaml';
import { z } from 'zod';
import { SYSTEM_NAME } from '../services/shared/agreements/kubernetes-names.ts';

export const LOCAL_HELP = `Usage: make local LOCAL="[options] [-- training options]"

Runs MLflow, a Kinesis emulator and the inference service until Ctrl-C. If the model has no champion yet, a first
model is trained. With ROLLOUT=1 it also runs a Kubernetes API, the rollout operator and two pods as processes, and sends
applications.

  --schema FILE  schema of your data, as for \`loan-training run --schema\` (default: the bundled loan-eligibility)
  --data SOURCE  data of the first model: a file or a URL (default: made-up rows of the schema)
  --help

What follows \`--\` goes to \`loan-training run\`, for example: -- --trials=30 --promote=always`;

export interface LocalOptions {
  readonly help: boolean;
  /** Registered model: the name in the schema. */
  readonly modelName: string;
  /** Absolute path. Undefined: the bundled schema. */
  readonly schema: string | undefined;
  readonly data: string;
  readonly trainingArguments: readonly string[];
}

const schemaFile = z.object({ name: z.string() });

/** @throws Error that names the option, if the command line is wrong or the schema has no name */
export async function readLocalOptions(args: readonly string[]): Promise<LocalOptions> {
  const end = args.includes('--') ? args.indexOf('--') : args.length;
  const { values } = parseArgs({
    args: args.slice(0, end),
    options: {
      schema: { type: 'string' },
      data: { type: 'string', default: 'synthetic:614:7' },
      help: { type: 'boolean', default: false },
    },
  });
  const schema = values.schema === undefined ? undefined : resolve(values.schema);
  return {
    help: values.help,
    modelName: schema === undefined ? SYSTEM_NAME : await nameIn(schema),
    schema,
    // The training command runs in another directory.
    data: /^[a-z0-9]+:/.test(values.data) ? values.data : resolve(values.data),
    trainingArguments: args.slice(end + 1),
  };
}

async function nameIn(schema: string): Promise<string> {
  let text: string;
  try {
    text = await readFile(schema, 'utf8');
  } catch (error) {
    throw new Error(`--schema ${schema} cannot be read: ${(error as Error).message}`, { cause: error });
  }
  const parsed = schemaFile.safeParse(parse(text, { maxAliasCount: 0 }));
  if (!parsed.success) throw new Error(`--schema ${schema} has no \`name\`: it is the name of the model`);
  return parsed.data.name;
}
