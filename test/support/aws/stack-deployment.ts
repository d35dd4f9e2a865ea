import { setTimeout as delay } from 'node:timers/promises';
import {
  type CloudFormationClient,
  CreateStackCommand,
  DescribeStackEventsCommand,
  DescribeStacksCommand,
  type Stack,
  UpdateStackCommand,
} from '@aws-sdk/client-cloudformation';

const DEPLOYMENT_MILLISECONDS = 60_000;
const POLL_MILLISECONDS = 100;

/**
 * Creates or updates a stack through the CloudFormation API, and waits for its end.
 * @returns the outputs
 * @throws Error that names each resource that failed, and why
 */
export async function deployStack(
  client: CloudFormationClient,
  name: string,
  template: string,
  mode: 'create' | 'update' = 'create',
): Promise<Record<string, string>> {
  const input = { StackName: name, TemplateBody: template, Capabilities: ['CAPABILITY_NAMED_IAM' as const] };
  if (mode === 'create') await client.send(new CreateStackCommand(input));
  else await client.send(new UpdateStackCommand(input));
  const { StackStatus, Outputs = [] } = await ended(client, name);
  if (StackStatus !== `${mode.toUpperCase()}_COMPLETE`)
    throw new Error(`stack ${name} ended as ${StackStatus}: ${await failures(client, name)}`);
  return Object.fromEntries(Outputs.map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue]));
}

async function ended(client: CloudFormationClient, name: string): Promise<Stack> {
  const deadline = performance.now() + DEPLOYMENT_MILLISECONDS;
  for (;;) {
    const [stack] = (await client.send(new DescribeStacksCommand({ StackName: name }))).Stacks ?? [];
    if (stack && !stack.StackStatus?.endsWith('_IN_PROGRESS')) return stack;
    if (performance.now() > deadline)
      throw new Error(`stack ${name} is ${stack?.StackStatus} after ${DEPLOYMENT_MILLISECONDS / 1000} s`);
    await delay(POLL_MILLISECONDS);
  }
}

async function failures(client: CloudFormationClient, name: string): Promise<string> {
  const { StackEvents = [] } = await client.send(new DescribeStackEventsCommand({ StackName: name }));
  return StackEvents.filter(({ ResourceStatus }) => ResourceStatus?.endsWith('_FAILED'))
    .map((event) => `${event.LogicalResourceId} (${event.ResourceType}): ${event.ResourceStatusReason}`)
    .join('; ');
}
