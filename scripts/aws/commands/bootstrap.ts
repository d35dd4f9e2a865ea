import { cdk } from '../cdk.ts';
import type { AwsCommand } from '../context.ts';
import { refuseExampleAccount } from '../example-account.ts';

export const bootstrap: AwsCommand = {
  name: 'bootstrap',
  summary: 'prepare the account and region for AWS CDK, once',
  help: `Makes the stack CDKToolkit: a bucket and roles that \`deploy\` uses. Run it once for each account and region,
with the rights of an administrator. Other arguments go to \`cdk bootstrap\`.`,
  async run(args, { environment, shell }) {
    refuseExampleAccount(environment);
    const { account, region } = environment;
    await cdk(shell, ['bootstrap', `aws://${account}/${region}`, '--termination-protection', ...args]);
  },
};
