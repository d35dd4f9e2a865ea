/** `make aws-<command>`: the stacks of infrastructure/ and what goes into their cluster. See `--help`. */

import { processTerminal } from '../command-line/terminal.ts';
import { INFRASTRUCTURE } from './cdk.ts';
import type { AwsContext } from './context.ts';
import { runAws } from './run-aws.ts';
import { machineShell } from './shell.ts';

/** The settings are checked when they are read. So `--help` works with wrong settings. */
async function openContext(): Promise<AwsContext> {
  const { SELECTED } = await import('../../infrastructure/environments.ts');
  return {
    environment: SELECTED,
    shell: machineShell,
    terminal: processTerminal,
    outputsFile: `${INFRASTRUCTURE}/outputs.json`,
  };
}

process.exitCode = await runAws(process.argv.slice(2), openContext, processTerminal);
