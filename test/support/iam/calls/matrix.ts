import type { Place } from '../../../../infrastructure/permissions.ts';

/** A call as it goes to AWS, and who may make it. */
export interface MatrixCall {
  readonly name: string;
  readonly service: string;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** ServiceAccounts, or the name of another holder of a policy. */
  readonly allowedTo: readonly string[];
}

const NOBODY: readonly string[] = [];
const PERSON = 'stream-tool';

/** Calls that our code makes, each beside calls that it never makes. */
export function matrix({
  streams,
  bucket,
  auditBucket,
  auditStream,
  key,
  workspace,
}: Place): readonly MatrixCall[] {
  const { input, output, rejects } = streams;
  const name = bucket.slice(bucket.lastIndexOf(':') + 1);
  const audit = auditBucket.slice(auditBucket.lastIndexOf(':') + 1);
  const otherStream = input.replace(/\/.*$/, '/other');
  const otherKey = key.replace(/\/.*$/, '/other');
  const workspaceId = workspace.slice(workspace.lastIndexOf('/') + 1);
  return [
    ...onStreams('GetRecords', {
      [input]: ['inference', PERSON],
      [rejects]: [PERSON],
      [output]: NOBODY,
      [otherStream]: NOBODY,
    }),
    ...onStreams('GetShardIterator', {
      [input]: ['inference', PERSON],
      [rejects]: [PERSON],
      [output]: NOBODY,
    }),
    ...onStreams('ListShards', {
      [input]: ['inference', PERSON],
      [output]: ['inference'],
      [rejects]: [PERSON],
      [otherStream]: NOBODY,
    }),
    ...onStreams('PutRecords', {
      [input]: [PERSON],
      [output]: ['inference'],
      [rejects]: ['inference', PERSON],
      [otherStream]: NOBODY,
    }),
    ...onStreams('PutRecord', { [output]: NOBODY, [auditStream]: ['rollout'], [input]: NOBODY }),
    ...onStreams('PutRecords', { [auditStream]: NOBODY }),
    ...onStreams('GetRecords', { [auditStream]: NOBODY }),
    ...onStreams('DeleteStream', { [auditStream]: NOBODY }),
    ...onObjects(audit, 'PUT', {
      'rollout/a.json': ['rollout'],
      'other/a.json': NOBODY,
      'rollout/a.json?retention': NOBODY,
      'rollout/a.json?legal-hold': NOBODY,
    }),
    ...onObjects(audit, 'GET', { 'rollout/a.json': NOBODY }),
    ...onObjects(audit, 'DELETE', { 'rollout/a.json': NOBODY, 'rollout/a.json?versionId=1': NOBODY }),
    ...onStreams('DescribeStreamSummary', { [input]: ['inference', PERSON], [output]: NOBODY }),
    ...onStreams('DescribeStream', { [input]: NOBODY }),
    ...onStreams('DeleteStream', { [input]: NOBODY, [output]: NOBODY }),
    ...onStreams('CreateStream', { [otherStream]: NOBODY }),
    ...onStreams('SplitShard', { [input]: NOBODY }),
    ...onStreams('MergeShards', { [input]: NOBODY }),
    ...onStreams('UpdateShardCount', { [input]: NOBODY }),
    ...onStreams('DecreaseStreamRetentionPeriod', { [input]: NOBODY }),
    ...onStreams('StopStreamEncryption', { [input]: NOBODY }),
    kinesis('PutResourcePolicy', { ResourceARN: input, Policy: '{}' }, NOBODY),
    kinesis('ListStreams', {}, NOBODY),
    kinesis('RegisterStreamConsumer', { StreamARN: input, ConsumerName: 'loan-eligibility' }, ['inference']),
    kinesis('RegisterStreamConsumer', { StreamARN: output, ConsumerName: 'loan-eligibility' }, NOBODY),
    kinesis('DeregisterStreamConsumer', { StreamARN: input, ConsumerName: 'loan-eligibility' }, NOBODY),
    kinesis('SubscribeToShard', { ConsumerARN: `${input}/consumer/loan-eligibility:1` }, ['inference']),
    kinesis('SubscribeToShard', { ConsumerARN: `${rejects}/consumer/loan-eligibility:1` }, NOBODY),
    ...onObjects(name, 'GET', {
      'mlflow/1/model.onnx': ['mlflow'],
      'data/applications.csv': ['training'],
      'scoring/in/a.csv': ['batch-scoring'],
      'scoring/out/a.csv': NOBODY,
      'dead-letters/in/1': [PERSON],
      'other/a': NOBODY,
      'mlflow-other/a': NOBODY,
      data: NOBODY,
    }),
    ...onObjects(name, 'PUT', {
      'mlflow/1/model.onnx': ['mlflow'],
      'data/applications.csv': NOBODY,
      'scoring/in/a.csv': NOBODY,
      'scoring/out/a.csv': ['batch-scoring'],
      'dead-letters/in/1': ['inference', PERSON],
      'other/a': NOBODY,
      'mlflow/a?acl': NOBODY,
      'mlflow/a?retention': NOBODY,
      'mlflow/a?tagging': NOBODY,
    }),
    ...onObjects(name, 'DELETE', {
      'mlflow/1/model.onnx': ['mlflow'],
      'mlflow/a?versionId=1': NOBODY,
      'data/applications.csv': NOBODY,
      'scoring/out/a.csv': NOBODY,
      'dead-letters/in/1': NOBODY,
    }),
    ...onObjects(`${name}-other`, 'GET', {
      'data/applications.csv': NOBODY,
      '?list-type=2&prefix=mlflow%2F1': NOBODY,
    }),
    ...onObjects(`${name}-other`, 'PUT', { 'mlflow/a': NOBODY, '': NOBODY }),
    ...onObjects(name, 'GET', {
      '?list-type=2&prefix=mlflow%2F1': ['mlflow'],
      '?list-type=2&prefix=data%2F': NOBODY,
      '?list-type=2': NOBODY,
      '?versions&prefix=mlflow%2F1': NOBODY,
      '?policy': NOBODY,
      '?acl': NOBODY,
    }),
    ...onObjects(name, 'PUT', {
      '?policy': NOBODY,
      '?encryption': NOBODY,
      '?publicAccessBlock': NOBODY,
      '?versioning': NOBODY,
    }),
    ...onObjects(name, 'DELETE', { '': NOBODY, '?policy': NOBODY, '?lifecycle': NOBODY }),
    { ...s3('', 'GET', ''), name: 'list of all buckets', allowedTo: NOBODY },
    ...['Decrypt', 'GenerateDataKey', 'PutKeyPolicy', 'ScheduleKeyDeletion', 'CreateGrant', 'DisableKey'].map(
      (it) => json('kms', `TrentService.${it}`, { KeyId: key }, NOBODY),
    ),
    json('kms', 'TrentService.Decrypt', { KeyId: otherKey }, NOBODY),
    ...secrets('GetSecretValue', { 'loan-eligibility/mlflow-database': ['external-secrets'], other: NOBODY }),
    ...secrets('PutSecretValue', { 'loan-eligibility/mlflow-database': NOBODY }),
    form('iam', { Action: 'CreateUser', UserName: 'somebody' }),
    form('iam', { Action: 'PutRolePolicy', RoleName: 'loan-eligibility-inference' }),
    form('iam', { Action: 'AttachRolePolicy', RoleName: 'loan-eligibility-inference' }),
    form('sts', { Action: 'AssumeRole', RoleArn: 'arn:aws:iam::000000000000:role/loan-eligibility-mlflow' }),
    form('cloudformation', { Action: 'DescribeStacks', StackName: 'loan-eligibility-data' }, ['deployer']),
    json(
      'ecr',
      'AmazonEC2ContainerRegistry_V20150921.DeleteRepository',
      { repositoryName: 'loan-eligibility/inference' },
      NOBODY,
    ),
    form('cloudformation', { Action: 'DeleteStack', StackName: 'loan-eligibility-data' }),
    form('cloudformation', { Action: 'UpdateStack', StackName: 'loan-eligibility-access' }),
    prometheus(`/workspaces/${workspaceId}/api/v1/query`, ['rollout']),
    prometheus(`/workspaces/${workspaceId}/api/v1/remote_write`, NOBODY),
    prometheus('/workspaces/ws-other/api/v1/query', NOBODY),
  ];
}

type Allowed = Readonly<Record<string, readonly string[]>>;

/** The same call on several streams. */
function onStreams(operation: string, streams: Allowed): MatrixCall[] {
  return Object.entries(streams).map(([StreamARN, allowedTo]) =>
    kinesis(operation, { StreamARN, ShardIterator: 'any' }, allowedTo),
  );
}

function kinesis(operation: string, body: object, allowedTo: readonly string[]): MatrixCall {
  return json('kinesis', `Kinesis_20131202.${operation}`, body, allowedTo);
}

function secrets(operation: string, allowed: Allowed): MatrixCall[] {
  return Object.entries(allowed).map(([SecretId, allowedTo]) =>
    json('secretsmanager', `secretsmanager.${operation}`, { SecretId }, allowedTo),
  );
}

function onObjects(bucket: string, method: string, objects: Allowed): MatrixCall[] {
  return Object.entries(objects).map(([object, allowedTo]) => ({ ...s3(bucket, method, object), allowedTo }));
}

function s3(bucket: string, method: string, object: string): Omit<MatrixCall, 'allowedTo'> {
  const path = `/${bucket}${object === '' || object.startsWith('?') ? '' : '/'}${object}`;
  return { ...signed('s3'), name: `${method} ${path}`, method, path, body: '' };
}

function json(service: string, target: string, body: object, allowedTo: readonly string[]): MatrixCall {
  const text = JSON.stringify(body);
  const { headers } = signed(service);
  return {
    name: `${target} ${text}`,
    service,
    method: 'POST',
    path: '/',
    headers: { ...headers, 'x-amz-target': target },
    body: text,
    allowedTo,
  };
}

function form(service: string, fields: Readonly<Record<string, string>>, allowedTo = NOBODY): MatrixCall {
  const body = new URLSearchParams(fields).toString();
  return { ...signed(service), name: `${service} ${body}`, method: 'POST', path: '/', body, allowedTo };
}

function prometheus(path: string, allowedTo: readonly string[]): MatrixCall {
  return { ...signed('aps'), name: `POST ${path}`, method: 'POST', path, body: 'query=up', allowedTo };
}

function signed(service: string): Pick<MatrixCall, 'service' | 'headers'> {
  const authorization = `AWS4-HMAC-SHA256 Credential=emulator/20260101/us-east-1/${service}/aws4_request, Signature=0`;
  return { service, headers: { authorization } };
}
