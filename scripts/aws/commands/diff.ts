import { cdk } from '../cdk.ts';
import type { AwsCommand } from '../context.ts';
import { refuseExampleAccount } from '../example-account.ts';

export const diff: AwsCommand = {
  name: 'diff',
  summary: 'show what a deploy would change',
  help: 'Compares the stacks with the account. Other arguments go to `cdk diff`.',
  async run(args, { environment, shell }) {
    refuseExampleAccount(environment);
    await cdk(shell, ['diff', ...args]);
  },
};
