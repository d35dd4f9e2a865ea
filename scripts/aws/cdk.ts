import { repositoryRoot } from '../stack/paths.ts';
import type { Shell } from './shell.ts';

export const INFRASTRUCTURE = `${repositoryRoot}/infrastructure`;

/** Runs the project's own AWS CDK command line in `infrastructure/`. */
export function cdk(shell: Shell, args: readonly string[]): Promise<void> {
  return shell.run(process.execPath, [`${repositoryRoot}/node_modules/aws-cdk/bin/cdk`, ...args], {
    directory: INFRASTRUCTURE,
    // Nothing is sent anywhere but to AWS.
    environment: { CDK_DISABLE_CLI_TELEMETRY: 'true', CDK_DISABLE_VERSION_CHECK: 'true' },
  });
}
