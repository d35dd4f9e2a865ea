import { UsageError } from '../command-line/usage-error.ts';
import { bootstrap } from './commands/bootstrap.ts';
import { deploy } from './commands/deploy.ts';
import { destroy } from './commands/destroy.ts';
import { diff } from './commands/diff.ts';
import { install } from './commands/install.ts';
import { outputs } from './commands/outputs.ts';
import { synth } from './commands/synth.ts';
import type { AwsCommand, AwsContext } from './context.ts';

const COMMANDS: readonly AwsCommand[] = [bootstrap, synth, diff, deploy, outputs, install, destroy];

/** 0: done. 1: not possible or refused. 2: the command line is wrong. */
export async function runAws(
  [name, ...args]: readonly string[],
  openContext: () => Promise<AwsContext>,
  terminal: AwsContext['terminal'],
): Promise<0 | 1 | 2> {
  const command = COMMANDS.find((it) => it.name === name);
  if (name === '--help') {
    terminal.out(overview());
    return 0;
  }
  if (command === undefined) {
    const problem = name === undefined ? 'give a command' : `there is no command ${name}`;
    terminal.say(`aws: ${problem}\n\n${overview()}`);
    return 2;
  }
  if (args.includes('--help')) {
    terminal.out(`Usage: make aws-${command.name} AWS="[options]"\n\n${command.help}`);
    return 0;
  }
  try {
    await command.run(args, await openContext());
    return 0;
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException;
    terminal.say(`aws-${command.name}: ${message}`);
    return error instanceof UsageError || code?.startsWith('ERR_PARSE_ARGS') ? 2 : 1;
  }
}

function overview(): string {
  const rows = COMMANDS.map(({ name, summary }) => `  make aws-${name.padEnd(10)} ${summary}`);
  return `The AWS account, by AWS CDK. Settings: infrastructure/environments.ts.\n\n${rows.join('\n')}\n
\`make aws-<command> AWS="--help"\` prints the options.`;
}
