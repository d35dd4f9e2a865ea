import { type CloudFormationClient, DescribeStacksCommand, type Stack } from '@aws-sdk/client-cloudformation';

/** The outputs of a stack in the account. @returns undefined if there is no such stack */
export async function deployedOutputs(
  client: CloudFormationClient,
  stack: string,
): Promise<Readonly<Record<string, string>> | undefined> {
  const deployed = await describe(client, stack);
  if (deployed === undefined) return undefined;
  return Object.fromEntries(
    (deployed.Outputs ?? []).map(({ OutputKey, OutputValue }) => [OutputKey ?? '', OutputValue ?? '']),
  );
}

/** @returns for example CREATE_COMPLETE; undefined if there is no such stack */
export async function stackStatus(client: CloudFormationClient, stack: string): Promise<string | undefined> {
  return (await describe(client, stack))?.StackStatus;
}

/** A stack whose deletion failed can only be deleted again. An update of a stack that is not there would make it. */
export function canUpdate(status: string | undefined): boolean {
  return status !== undefined && status !== 'DELETE_FAILED';
}

async function describe(client: CloudFormationClient, stack: string): Promise<Stack | undefined> {
  try {
    return (await client.send(new DescribeStacksCommand({ StackName: stack }))).Stacks?.[0];
  } catch (error) {
    // CloudFormation has no error of its own for this.
    const { name, message } = error as Error;
    if (name === 'ValidationError' && message.includes('does not exist')) return undefined;
    throw error;
  }
}
