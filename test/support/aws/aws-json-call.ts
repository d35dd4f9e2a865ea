import type { AwsEmulator } from './aws-emulator.ts';

/**
 * Calls an AWS service that speaks JSON, for services whose SDK client this project does not have. Emulators read account
 * and region from the signature, and do not verify it.
 * @param target name of the API with its version, a dot, and the operation
 */
export async function awsJsonCall(
  { url, account, region }: AwsEmulator,
  service: string,
  target: string,
  input: object,
): Promise<unknown> {
  const scope = `${account}/20200101/${region}/${service}/aws4_request`;
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': target,
      authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0`,
    },
    body: JSON.stringify(input),
    signal: AbortSignal.timeout(20_000),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${target} answered ${response.status}: ${text}`);
  return JSON.parse(text);
}
