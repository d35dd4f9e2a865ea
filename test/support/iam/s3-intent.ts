import { type AwsCall, type AwsIntent, type CalledAccount, keyRequest } from './aws-call.ts';
import type { AccessRequest } from './evaluate.ts';

/** Parts of a bucket or object that a query names, with the noun in the action. */
const BUCKET_PARTS: Readonly<Record<string, string>> = {
  acl: 'BucketAcl',
  encryption: 'EncryptionConfiguration',
  lifecycle: 'LifecycleConfiguration',
  location: 'BucketLocation',
  logging: 'BucketLogging',
  notification: 'BucketNotification',
  policy: 'BucketPolicy',
  publicAccessBlock: 'BucketPublicAccessBlock',
  replication: 'ReplicationConfiguration',
  tagging: 'BucketTagging',
  versioning: 'BucketVersioning',
};
const OBJECT_PARTS: Readonly<Record<string, string>> = {
  acl: 'ObjectAcl',
  'legal-hold': 'ObjectLegalHold',
  retention: 'ObjectRetention',
  tagging: 'ObjectTagging',
};
const VERBS: Readonly<Record<string, string>> = { GET: 'Get', HEAD: 'Get', PUT: 'Put', DELETE: 'Delete' };

/**
 * Reads what a call to S3 asks for, from method, path and query. The bucket is the first part of the path.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
 */
export function s3Intent(call: AwsCall, account: CalledAccount): AwsIntent {
  const url = new URL(call.path, 'http://s3');
  const [bucket = '', ...rest] = url.pathname.slice(1).split('/');
  const key = rest.map(decodeURIComponent).join('/');
  const arn = `arn:${account.partition}:s3:::${bucket}`;
  if (bucket === '') return { operation: 'ListBuckets', requests: [request('s3:ListAllMyBuckets', '*')] };
  if (key === '') return bucketIntent(call, url.searchParams, arn);
  const [operation, action, use] = objectOperation(call, url.searchParams);
  const keys =
    use === 'none'
      ? []
      : [
          ...(use === 'write' || use === 'parts'
            ? keyRequest(account, 's3', 'kms:GenerateDataKey', arn)
            : []),
          // S3 decrypts the parts of an upload to put them together.
          ...(use === 'read' || use === 'parts' ? keyRequest(account, 's3', 'kms:Decrypt', arn) : []),
        ];
  return { operation, requests: [request(action, `${arn}/${key}`), ...copySource(call, account), ...keys] };
}

type Use = 'none' | 'read' | 'write' | 'parts';

function objectOperation(
  { method }: AwsCall,
  query: URLSearchParams,
): [operation: string, action: string, use: Use] {
  const part = Object.keys(OBJECT_PARTS).find((name) => query.has(name));
  if (part !== undefined) {
    const action = `${VERBS[method]}${OBJECT_PARTS[part]}`;
    return [action, `s3:${action}`, 'none'];
  }
  const isUpload = query.has('uploadId');
  if (method === 'PUT')
    return isUpload ? ['UploadPart', 's3:PutObject', 'parts'] : ['PutObject', 's3:PutObject', 'write'];
  if (method === 'POST')
    return [isUpload ? 'CompleteMultipartUpload' : 'CreateMultipartUpload', 's3:PutObject', 'parts'];
  if (method === 'DELETE' && isUpload) return ['AbortMultipartUpload', 's3:AbortMultipartUpload', 'none'];
  const version = query.has('versionId') ? 'Version' : '';
  if (method === 'DELETE') return ['DeleteObject', `s3:DeleteObject${version}`, 'none'];
  if (isUpload) return ['ListParts', 's3:ListMultipartUploadParts', 'none'];
  return [method === 'HEAD' ? 'HeadObject' : 'GetObject', `s3:GetObject${version}`, 'read'];
}

function copySource({ headers }: AwsCall, account: CalledAccount): AccessRequest[] {
  const source = headers['x-amz-copy-source'];
  if (typeof source !== 'string') return [];
  const path = decodeURIComponent(source).replace(/^\//, '');
  return [request('s3:GetObject', `arn:${account.partition}:s3:::${path}`)];
}

function bucketIntent({ method, body }: AwsCall, query: URLSearchParams, arn: string): AwsIntent {
  if (method === 'POST' && query.has('delete')) {
    const keys = [...body.toString().matchAll(/<Key>([^<]{1,1024})<\/Key>/g)].map(([, key]) => key);
    return {
      operation: 'DeleteObjects',
      requests: keys.map((key) => request('s3:DeleteObject', `${arn}/${key}`)),
    };
  }
  const part = Object.keys(BUCKET_PARTS).find((name) => query.has(name));
  if (part !== undefined) {
    // To remove a setting of a bucket needs the right to put it. The policy alone has a right of its own.
    const verb = method === 'DELETE' && part !== 'policy' ? 'Put' : VERBS[method];
    const action = `${verb}${BUCKET_PARTS[part]}`;
    return { operation: action, requests: [request(`s3:${action}`, arn)] };
  }
  if (method === 'PUT') return { operation: 'CreateBucket', requests: [request('s3:CreateBucket', arn)] };
  if (method === 'DELETE') return { operation: 'DeleteBucket', requests: [request('s3:DeleteBucket', arn)] };
  const lists: Readonly<Record<string, string>> = {
    versions: 's3:ListBucketVersions',
    uploads: 's3:ListBucketMultipartUploads',
  };
  const list = Object.keys(lists).find((name) => query.has(name));
  const context = Object.fromEntries(
    ['prefix', 'delimiter'].flatMap((name) => {
      const value = query.get(name);
      return value === null ? [] : [[`s3:${name}`, value]];
    }),
  );
  const action = (list && lists[list]) ?? 's3:ListBucket';
  return { operation: 'ListObjects', requests: [{ ...request(action, arn), context }] };
}

function request(action: string, resource: string): AccessRequest {
  return { action, resource, context: {} };
}
