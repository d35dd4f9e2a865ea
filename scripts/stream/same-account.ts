import { parseStream } from '../../services/shared/stream-reference.ts';
import { Refusal } from '../command-line/usage-error.ts';

/**
 * Streams of two accounts may have one name.
 * @param given the stream as the person gave it, by name or by ARN
 * @param arn the stream as Kinesis found it
 * @param noted account of the stream that the group reads. Undefined if unknown.
 * @throws Refusal
 */
export function assertSameAccount(given: string, arn: string, noted: string | undefined): void {
  const account = parseStream(arn)?.home?.account;
  if (noted === undefined || account === undefined || noted === account) return;
  const known = `the group reads a stream in account ${noted}`;
  const wanted = arn.replace(`:${account}:`, `:${noted}:`);
  throw new Refusal(
    parseStream(given)?.home === undefined
      ? `${known}, but the credentials are of account ${account}, which has a stream ${given}, too. Use credentials of account ${noted}, or give --stream ${wanted}`
      : `${known}, but ${arn} is in account ${account}. Give --stream ${wanted}, or the leases of a group that reads in account ${account}`,
  );
}
