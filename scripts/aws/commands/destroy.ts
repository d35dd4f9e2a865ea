import { parseArgs } from 'node:util';
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { S3Client } from '@aws-sdk/client-s3';
import type { AwsEnvironment } from '../../../infrastructure/environment-schema.ts';
import {
  auditBucketName,
  bucketName,
  logBucketName,
  type StackPart,
  stackName,
} from '../../../infrastructure/names.ts';
import { Refusal } from '../../command-line/usage-error.ts';
import { cdk } from '../cdk.ts';
import type { AwsCommand, AwsContext } from '../context.ts';
import { canUpdate, stackStatus } from '../deployed-stack.ts';
import { destroyPlan } from '../destroy-plan.ts';
import { emptyBucket } from '../empty-bucket.ts';
import { refuseExampleAccount } from '../example-account.ts';
import { forgetStackOutputs } from '../outputs-file.ts';

export const destroy: AwsCommand = {
  name: 'destroy',
  summary: 'delete the stacks, but keep what holds data',
  help: `Deletes the stacks add-ons, access, cluster and budget. Streams, buckets, images, the database and its network
stay. First remove the system from the cluster: docs/how-to/remove.md.

  --data        delete these too. RDS makes a last snapshot of the database. The audit bucket stays, and so does the
                key, without which nobody could read either. If the log bucket is not empty, run the command again
  --confirm ID  what you are asked to type otherwise: NAME-ACCOUNT, for example loan-eligibility-111122223333`,
  async run(args, context) {
    const { values } = parseArgs({
      args: [...args],
      options: { data: { type: 'boolean', default: false }, confirm: { type: 'string' } },
    });
    const { environment, shell, terminal, outputsFile } = context;
    refuseExampleAccount(environment);
    const { users, holders, kept } = destroyPlan(environment, values.data);
    const namesOf = (parts: readonly StackPart[]) => parts.map((part) => stackName(environment, part));
    terminal.say(
      `This deletes ${namesOf([...users, ...holders]).join(', ')} in account ${environment.account}, ${environment.region}.`,
    );
    terminal.say(
      values.data
        ? `Streams, model files, training data and images are lost for ever. The bucket ${auditBucketName(environment)} and its key stay.`
        : `${namesOf(kept).join(' and ')} stay: they hold data.`,
    );
    await confirm(values.confirm, context);
    if (users.length > 0) await cdk(shell, ['destroy', ...users, '--exclusively', '--force']);
    forgetStackOutputs(outputsFile, namesOf(users));
    if (values.data) {
      await giveUpData(context);
      await cdk(shell, ['destroy', ...holders, '--exclusively', '--force', ...GIVE_UP]);
      forgetStackOutputs(outputsFile, namesOf(holders));
    }
  },
};

/** Makes the data stack again without protection, because CloudFormation deletes only what no longer is protected. */
const GIVE_UP = ['--context', 'keep-data=false'];

async function giveUpData({ environment, shell, terminal }: AwsContext): Promise<void> {
  const cloudFormation = new CloudFormationClient({ region: environment.region });
  const status = await stackStatus(cloudFormation, stackName(environment, 'data'));
  if (canUpdate(status))
    await cdk(shell, ['deploy', 'data', '--exclusively', '--require-approval=never', ...GIVE_UP]);
  const client = new S3Client({ region: environment.region });
  for (const bucket of [bucketName(environment), logBucketName(environment)])
    await emptyBucket(client, bucket, (text) => terminal.say(text));
}

async function confirm(given: string | undefined, { environment, terminal }: AwsContext): Promise<void> {
  const wanted = confirmationOf(environment);
  const typed = given ?? (await terminal.ask?.(`Type ${wanted} to go on: `));
  if (typed === undefined) throw new Refusal(`there is nobody to ask; confirm with --confirm ${wanted}`);
  if (typed.trim() !== wanted) throw new Refusal(`"${typed.trim()}" is not ${wanted}: nothing was deleted`);
}

function confirmationOf({ name, account }: AwsEnvironment): string {
  return `${name}-${account}`;
}
