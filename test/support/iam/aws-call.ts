import type { IncomingHttpHeaders } from 'node:http';
import type { AccessRequest } from './evaluate.ts';

/** A request to AWS, read whole. */
export interface AwsCall {
  readonly method: string;
  /** Path and query, as sent. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** What a call asks for. AWS carries a call out only if every request is allowed. */
export interface AwsIntent {
  /** Name of the operation, for example `UploadPart`. */
  readonly operation: string;
  readonly requests: readonly AccessRequest[];
}

/** The account that is called. */
export interface CalledAccount {
  readonly account: string;
  readonly region: string;
  readonly partition: string;
  /** ARN of the key that encrypts a stream or bucket. Undefined if nothing of ours does. */
  keyOf(arn: string): string | undefined;
}

/** End of the ARN of a secret. AWS makes it up. */
export const MADE_BY_AWS = 'AbCdEf';

/** Name of the AWS service that a signature is for. Undefined if the call is not signed. */
export function signedService({ headers, path }: AwsCall): string | undefined {
  const credential =
    /Credential=([^,\s]{1,300})/.exec(headers.authorization ?? '')?.[1] ??
    new URL(path, 'http://aws').searchParams.get('X-Amz-Credential');
  return credential?.split('/')[3];
}

/** The use of a key by a service, for a caller. The caller needs the right too, but through this service alone. */
export function keyRequest(
  account: CalledAccount,
  service: string,
  action: 'kms:Decrypt' | 'kms:GenerateDataKey',
  encrypted: string,
): AccessRequest[] {
  const key = account.keyOf(encrypted);
  if (key === undefined) return [];
  const context = {
    'kms:ViaService': `${service}.${account.region}.amazonaws.com`,
    'kms:CallerAccount': account.account,
    [`kms:EncryptionContext:aws:${service}:arn`]: encrypted,
  };
  return [{ action, resource: key, context }];
}
