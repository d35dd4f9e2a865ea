import { CredentialsError } from '../../services/shared/credentials/credential-values.ts';
import { RegistryError } from '../../services/shared/mlflow/registry-error.ts';
import { type Environment, type ExitCode, runTool, type Tool } from '../command-line/run-tool.ts';
import type { Terminal } from '../command-line/terminal.ts';
import { COMMANDS } from './commands.ts';
import { COMMON_OPTIONS } from './common-options.ts';
import type { Desk } from './desk.ts';
import { openDesk } from './open-desk.ts';

const TOOL: Tool<Desk> = {
  name: 'promote',
  summary: 'Signs which version of a model may serve, and shows who signed it.',
  commands: COMMANDS,
  options: COMMON_OPTIONS,
  notes: [
    'Every change is shown first and asks; --yes skips the question.',
    'A statement is a tag of the version in MLflow. No command changes or removes a statement.',
    'Exit codes: 0 done, 1 not possible or refused, 2 wrong command line.',
    '`make` itself exits with 2 after every failure.',
  ],
  open: openDesk,
  close: async () => {},
  hint,
};

/** What to do about an MLflow that does not answer as it should. */
function hint(error: Error): string {
  if (!(error instanceof RegistryError)) return '';
  if (/ answered 40[13]/.test(error.message))
    return ': set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN, or give --credentials';
  if (error.kind !== 'unreachable') return '';
  const { code = '' } = (error.cause ?? {}) as NodeJS.ErrnoException;
  if (/EPROTO|WRONG_VERSION_NUMBER/.test(code))
    return '; the server does not speak TLS: give an http:// URL by --tracking-uri';
  if (error.cause instanceof CredentialsError) return '';
  return '; check MLFLOW_TRACKING_URI or --tracking-uri, and that the server runs';
}

/** Runs one command. Nothing is thrown: what failed, and what to do next, is on standard error. */
export function runPromote(
  args: readonly string[],
  environment: Environment,
  terminal: Terminal,
): Promise<ExitCode> {
  return runTool(TOOL, args, environment, terminal);
}
