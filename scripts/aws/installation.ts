import type { AwsEnvironment } from '../../infrastructure/environment-schema.ts';
import type { Outputs } from '../../infrastructure/outputs.ts';
import type { Shell } from './shell.ts';

/** What the steps of `make aws-install` need. */
export interface Installation {
  readonly environment: AwsEnvironment;
  readonly outputs: Outputs;
  readonly shell: Shell;
  /** File with training data for the bucket. */
  readonly data: string | undefined;
  readonly authority: string | undefined;
  /** Platforms of the images, with commas between them. undefined: the images are in the registry already. */
  readonly platforms: string | undefined;
  /** When the command began. */
  readonly startedAt: Date;
  /** Name of the kubectl context. */
  readonly context: string;
  /** Whether the context is made by the first step. */
  readonly ownsContext: boolean;
}

export const NAMESPACE = 'loan-eligibility';

export async function kubectl({ shell, context }: Installation, ...args: readonly string[]): Promise<void> {
  await shell.run('kubectl', ['--context', context, ...args]);
}
