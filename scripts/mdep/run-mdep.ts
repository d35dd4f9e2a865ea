import { type ExitCode, runTool, type Tool } from '../command-line/run-tool.ts';
import { COMMANDS } from './commands.ts';
import { COMMON_OPTIONS } from './common-options.ts';
import { type OpenDesk, openDesk, type Surroundings } from './open-desk.ts';

const TOOL_NAME = 'kubectl mdep';

/** Runs one command. Nothing is thrown: what failed, and what to do next, is on standard error. */
export function runMdep(args: readonly string[], surroundings: Surroundings): Promise<ExitCode> {
  const tool: Tool<OpenDesk> = {
    name: TOOL_NAME,
    summary: 'Looks at the rollout of a ModelDeployment, and asks the operator to act.',
    commands: COMMANDS,
    options: COMMON_OPTIONS,
    notes: [
      'NAME may be left out if the namespace has one ModelDeployment.',
      'Exit codes: 0 done, 1 not possible or refused, 2 wrong command line.',
    ],
    open: async (input) => openDesk(input, surroundings),
    close: ({ close }) => close(),
  };
  const { environment, screen } = surroundings;
  return runTool(tool, args.map(longHelp), environment, { ...screen, ask: undefined });
}

function longHelp(arg: string): string {
  return arg === '-h' ? '--help' : arg;
}
