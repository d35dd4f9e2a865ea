import {
  type AwsCall,
  type AwsIntent,
  type CalledAccount,
  keyRequest,
  MADE_BY_AWS,
  signedService,
} from './aws-call.ts';
import { s3Intent } from './s3-intent.ts';

/** Reads what a call asks for, if its service is not Kinesis. Kinesis needs a memory, see KinesisIntents. */
export function intentOf(call: AwsCall, account: CalledAccount): AwsIntent {
  const service = signedService(call);
  if (service === 's3') return s3Intent(call, account);
  if (service === 'aps') return prometheusIntent(call, account);
  if (service !== undefined && service in NAMED_BY) return targetIntent(call, account, service);
  // IAM, STS and CloudFormation name the action in a form.
  const action = new URLSearchParams(call.body.toString()).get('Action') ?? 'an unknown action';
  return {
    operation: action,
    requests: [{ action: `${service}:${action}`, resource: formResource(call, account), context: {} }],
  };
}

/** Services that name the action in a header: member of the body that names the resource, and the start of its ARN. */
const NAMED_BY: Readonly<Record<string, readonly [member: string, start: string]>> = {
  kms: ['KeyId', 'key/'],
  secretsmanager: ['SecretId', 'secret:'],
  ecr: ['repositoryName', 'repository/'],
};

function targetIntent({ headers, body }: AwsCall, account: CalledAccount, service: string): AwsIntent {
  const operation = String(headers['x-amz-target'] ?? '').replace(/^.*\./, '');
  const input: Readonly<Record<string, string>> = JSON.parse(body.toString() || '{}');
  const [member, start] = NAMED_BY[service] ?? ['', ''];
  const named = input[member] ?? '*';
  const { partition, region, account: id } = account;
  const isWhole = named === '*' || named.startsWith('arn:');
  const end = service === 'secretsmanager' ? `-${MADE_BY_AWS}` : '';
  const resource = isWhole ? named : `arn:${partition}:${service}:${region}:${id}:${start}${named}${end}`;
  const keys = operation === 'GetSecretValue' ? keyRequest(account, service, 'kms:Decrypt', resource) : [];
  return { operation, requests: [{ action: `${service}:${operation}`, resource, context: {} }, ...keys] };
}

/** Actions of the managed Prometheus, by the end of the path. */
const PROMETHEUS: Readonly<Record<string, string>> = {
  query: 'QueryMetrics',
  query_range: 'QueryMetrics',
  series: 'GetSeries',
  labels: 'GetLabels',
  metadata: 'GetMetricMetadata',
  remote_write: 'RemoteWrite',
};

function prometheusIntent({ path }: AwsCall, account: CalledAccount): AwsIntent {
  const { partition, region, account: id } = account;
  const [, workspace, end] = /^\/workspaces\/([\w-]{1,100})\/api\/v1\/(\w{1,30})(?:\?|$)/.exec(path) ?? [];
  const operation = PROMETHEUS[end ?? ''] ?? 'an unknown action';
  const resource = `arn:${partition}:aps:${region}:${id}:workspace/${workspace}`;
  return { operation, requests: [{ action: `aps:${operation}`, resource, context: {} }] };
}

function formResource({ body }: AwsCall, { partition, region, account }: CalledAccount): string {
  const form = new URLSearchParams(body.toString());
  const role = form.get('RoleName');
  if (role !== null) return `arn:${partition}:iam::${account}:role/${role}`;
  const stack = form.get('StackName');
  if (stack !== null) return `arn:${partition}:cloudformation:${region}:${account}:stack/${stack}/an-id`;
  return form.get('RoleArn') ?? '*';
}
