import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { AwsEnvironment } from '../infrastructure/environment-schema.ts';
import { type Outputs, parseOutputs } from '../infrastructure/outputs.ts';
import { eksEnvironment } from './eks-environment.ts';
import type { Environment } from './environment.ts';
import { eks as example } from './environments.ts';

/** Written by `make aws-deploy` and `make aws-outputs`. */
const OUTPUTS = fileURLToPath(new URL('../infrastructure/outputs.json', import.meta.url));

export interface EksSource {
  readonly environment: Environment;
  /** Where its values are from, for the head of the manifests. */
  readonly origin: string;
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
    return { environment: example, origin: 'the example: account, network and hosts are placeholders' };
  }
  const outputs = read(path, aws);
  const { account, region } = aws;
  return {
    environment: eksEnvironment(aws, outputs),
    origin: `the outputs of the stacks in account ${account}, ${region}`,
  };
}

function read(path: string, aws: AwsEnvironment): Outputs {
  try {
    return parseOutputs(readFileSync(path, 'utf8'), aws);
  } catch (error) {
    throw new Error(`${path}: ${(error as Error).message}`, { cause: error });
  }
}
