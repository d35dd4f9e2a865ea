import { readFileSync } from 'node:fs';
import type { Construct } from 'constructs';
import { configFiles } from './config-files.ts';
import type { Environment } from './environment.ts';
import type { Mount } from './pod.ts';

/** Files of the project in ConfigMaps, and how the training job mounts and names them. */
export interface TrainingFiles {
  readonly options: readonly string[];
  readonly mounts: Readonly<Record<string, Mount>>;
}

interface TrainingFile {
  /** Option of the environment that names the file. */
  readonly setting: 'schemaFile' | 'cardNotesFile';
  /** Option of `loan-training run`. */
  readonly option: string;
  readonly configMap: string;
  readonly directory: string;
  readonly name: string;
}

const FILES: readonly TrainingFile[] = [
  {
    setting: 'schemaFile',
    option: '--schema',
    configMap: 'training-schema',
    directory: '/etc/loan-training',
    name: 'schema.yaml',
  },
  {
    setting: 'cardNotesFile',
    option: '--card-notes',
    configMap: 'training-card-notes',
    directory: '/etc/loan-card-notes',
    name: 'card-notes.yaml',
  },
];

/** @throws Error that names the option, if a file cannot be read */
export function trainingFiles(scope: Construct, training: Environment['training']): TrainingFiles {
  const given = FILES.flatMap((file) => {
    const path = training[file.setting];
    return path === undefined ? [] : [mounted(scope, file, path)];
  });
  return {
    options: given.map(({ option }) => option),
    mounts: Object.fromEntries(given.map(({ directory, mount }) => [directory, mount])),
  };
}

function mounted(
  scope: Construct,
  { setting, option, configMap, directory, name }: TrainingFile,
  path: string,
) {
  const { volume } = configFiles(scope, configMap, { [name]: read(setting, path) });
  return { option: `${option}=${directory}/${name}`, directory, mount: { volume, readOnly: true } };
}

function read(setting: string, path: string): string {
  try {
    return readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');
  } catch (error) {
    throw new Error(`training.${setting} = ${path}: no such file below the root of the project`, {
      cause: error,
    });
  }
}
