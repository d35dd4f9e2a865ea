import type { AwsEnvironment } from '../../infrastructure/environment-schema.ts';
import type { Terminal } from '../command-line/terminal.ts';
import type { Shell } from './shell.ts';

/** What every command of `scripts/aws` gets. */
export interface AwsContext {
  /** The selected settings of `infrastructure/environments.ts`. */
  readonly environment: AwsEnvironment;
  readonly shell: Shell;
  readonly terminal: Terminal;
  /** Path of the file with the outputs of the stacks. */
  readonly outputsFile: string;
}

export interface AwsCommand {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** Text of `--help`, without the line `Usage:`. */
  readonly help: string;
  run(args: readonly string[], context: AwsContext): Promise<void>;
}
