import type { AwsIntent } from './aws-call.ts';
import type { AccessRequest } from './evaluate.ts';

export interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/** The answer of AWS to a call that the caller may not make. Each service has its own form. */
export function denial(
  service: string | undefined,
  caller: string,
  { operation }: AwsIntent,
  denied: AccessRequest,
): Answer {
  const { action, resource } = denied;
  const message = `User: ${caller} is not authorized to perform: ${action} on resource: ${resource} because no identity-based policy allows the ${action} action`;
  if (service === 's3' || service === 'iam' || service === 'sts' || service === 'cloudformation')
    return xml(service, message);
  // Kinesis tells a missing right to the key of a stream by an error of its own.
  const type =
    service === 'kinesis' && action.startsWith('kms:') ? 'KMSAccessDeniedException' : 'AccessDeniedException';
  return {
    status: service === 'aps' ? 403 : 400,
    contentType: 'application/x-amz-json-1.1',
    body: JSON.stringify({ __type: type, message: `${operation}: ${message}` }),
  };
}

function xml(service: string, message: string): Answer {
  const error = `<Code>AccessDenied</Code><Message>${message}</Message>`;
  const body =
    service === 's3'
      ? `<Error>${error}</Error>`
      : `<ErrorResponse><Error><Type>Sender</Type>${error}</Error></ErrorResponse>`;
  return { status: 403, contentType: 'application/xml', body };
}
