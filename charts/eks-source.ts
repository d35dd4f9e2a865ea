import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { AwsEnvironment } from '../infrastructure/environment-schema.ts';
import { type Outputs, parseOutputs } from '../infrastructure/outputs.ts';
import { eksEnvironment } from './eks-environment.ts';
import type { Environment } from './environment.ts';
import { eks as example } from './environments.ts';

/** Written by `make aws-deploy` and `make aws-outputs`. */
const OUTPUTS = fileURLToPath(new URL('../infrastructure/outputs.json', import.meta.url));

const FROM_OUTPUTS = 'the outputs of the stacks';

export interface EksSource {
  readonly environment: Environment;
  /** Where its values are from, for the head of the manifests. */
  readonly origin: string;
  readonly isExample: boolean;
}

export interface EksSourceOptions {
  /** File with the outputs of the stacks. Undefined: infrastructure/outputs.json, if the file is there. */
  readonly file?: string | undefined;
  /** Whether the example is refused. */
  readonly needsOutputs: boolean;
}

/**
 * The environment of EKS: from the outputs of the stacks, or the example.
 * @throws Error that names the file and the command that writes it
 */
export function eksSource(aws: AwsEnvironment, { file, needsOutputs }: EksSourceOptions): EksSource {
  const path = file ?? OUTPUTS;
  if (!existsSync(path)) {
    if (file !== undefined || needsOutputs)
      throw new Error(
        `${path} does not exist. \`make aws-deploy\` writes the outputs of the stacks, and \`make aws-outputs\` those of stacks that are deployed already.`,
      );
    return {
      environment: example,
      origin: 'the example: account, network and hosts are placeholders',
      isExample: true,
    };
  }
  const outputs = read(path, aws);
  const { account, region } = aws;
  return {
    environment: eksEnvironment(aws, outputs),
    origin: `${FROM_OUTPUTS} in account ${account}, ${region}`,
    isExample: false,
  };
}

function read(path: string, aws: AwsEnvironment): Outputs {
  try {
    return parseOutputs(readFileSync(path, 'utf8'), aws);
  } catch (error) {
    throw new Error(`${path}: ${(error as Error).message}`, { cause: error });
  }
}

/** Whether a manifest says that its values are from outputs. */
export function isFromOutputs(manifest: string): boolean {
  return existsSync(manifest) && readFileSync(manifest, 'utf8').includes(`values are from ${FROM_OUTPUTS}`);
}

const START = 'image: ';
const END = '/inference:';

/** Registry and path before the names of our images in a folder of manifests. */
export function imagePrefixIn(folder: string): string {
  for (const file of readdirSync(folder)) {
    const lines = readFileSync(`${folder}/${file}`, 'utf8').split('\n');
    const image = lines
      .map((line) => line.trim())
      .find((line) => line.startsWith(START) && line.includes(END));
    if (image) return image.slice(START.length, image.indexOf(END));
  }
  throw new Error(`${folder} names no image \`inference\`. Delete the folder and run \`make synth\`.`);
}
