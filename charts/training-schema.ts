import { readFileSync } from 'node:fs';
import type { Construct } from 'constructs';
import { configFiles } from './config-files.ts';
import type { Mount } from './pod.ts';

const DIRECTORY = '/etc/loan-training';
const FILE = 'schema.yaml';

/** The schema file in a ConfigMap, as the training job mounts it. */
export interface TrainingSchema {
  readonly options: readonly string[];
  readonly mounts: Readonly<Record<string, Mount>>;
}

/** @throws Error that names the option, if the file cannot be read */
export function trainingSchema(scope: Construct, schemaFile: string | undefined): TrainingSchema {
  if (schemaFile === undefined) return { options: [], mounts: {} };
  const { volume } = configFiles(scope, 'training-schema', { [FILE]: read(schemaFile) });
  return { options: [`--schema=${DIRECTORY}/${FILE}`], mounts: { [DIRECTORY]: { volume, readOnly: true } } };
}

function read(schemaFile: string): string {
  try {
    return readFileSync(new URL(`../${schemaFile}`, import.meta.url), 'utf8');
  } catch (error) {
    throw new Error(`training.schemaFile = ${schemaFile}: no such file below the root of the project`, {
      cause: error,
    });
  }
}
