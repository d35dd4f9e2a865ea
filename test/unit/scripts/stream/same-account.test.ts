import { describe, expect, test } from '@jest/globals';
import { assertSameAccount } from '../../../../scripts/stream/same-account.ts';

const arnOf = (account: string) => `arn:aws:kinesis:us-east-1:${account}:stream/in`;
const [OURS, THEIRS] = ['111111111111', '222222222222'];

describe('a stream of another account than the stream of the group', () => {
  test('is refused with the ARN to give, if it was given by its ARN', () => {
    const [ours, theirs] = [arnOf(OURS), arnOf(THEIRS)];
    expect(() => assertSameAccount(theirs, theirs, OURS)).toThrow(
      `the group reads a stream in account ${OURS}, but ${theirs} is in account ${THEIRS}. Give --stream ${ours}, or the leases of a group that reads in account ${THEIRS}`,
    );
  });

  test('is refused as a matter of credentials, if it was given by its name', () => {
    expect(() => assertSameAccount('in', arnOf(THEIRS), OURS)).toThrow(
      `but the credentials are of account ${THEIRS}, which has a stream in, too. Use credentials of account ${OURS}, or give --stream ${arnOf(OURS)}`,
    );
  });

  test.each([[OURS], [undefined]])('is no matter if the group notes %s', (noted) => {
    expect(() => assertSameAccount('in', arnOf(OURS), noted)).not.toThrow();
  });
});
