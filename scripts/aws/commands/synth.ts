import { cdk } from '../cdk.ts';
import type { AwsCommand } from '../context.ts';

export const synth: AwsCommand = {
  name: 'synth',
  summary: 'write the CloudFormation templates; needs no account and no network',
  help: `Checks the settings, runs the rules of cdk-nag, and writes infrastructure/cdk.out. Other arguments go to
\`cdk synth\`, for example \`data\` prints the template of one stack.`,
  async run(args, { shell, terminal }) {
    await cdk(shell, ['synth', ...(args.length === 0 ? ['--quiet'] : args)]);
    terminal.say(
      'The templates are in infrastructure/cdk.out. `make aws-diff` compares them with the account.',
    );
  },
};
