import type { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { expect, test } from '@jest/globals';
import { canUpdate, deployedOutputs, stackStatus } from '../../../../scripts/aws/deployed-stack.ts';

/** A client whose account answers each call alike. */
function account(answer: () => object): CloudFormationClient {
  return { send: async () => answer() } as unknown as CloudFormationClient;
}

const absent = account(() => {
  throw Object.assign(new Error('Stack with id x does not exist'), { name: 'ValidationError' });
});
const failed = account(() => ({
  Stacks: [{ StackStatus: 'DELETE_FAILED', Outputs: [{ OutputKey: 'Bucket', OutputValue: 'b' }] }],
}));

test('a stack that is not there has no outputs and no status', async () => {
  expect(await deployedOutputs(absent, 'x')).toBeUndefined();
  expect(await stackStatus(absent, 'x')).toBeUndefined();
});

test('outputs and status of a stack', async () => {
  expect(await deployedOutputs(failed, 'x')).toEqual({ Bucket: 'b' });
  expect(await stackStatus(failed, 'x')).toBe('DELETE_FAILED');
});

test('another error of CloudFormation is not taken for a missing stack', async () => {
  const denied = account(() => {
    throw Object.assign(new Error('not authorized'), { name: 'AccessDenied' });
  });
  await expect(stackStatus(denied, 'x')).rejects.toThrow('not authorized');
});

test.each([
  ['CREATE_COMPLETE', true],
  ['UPDATE_ROLLBACK_COMPLETE', true],
  ['DELETE_FAILED', false],
  [undefined, false],
])('a stack with status %s can be updated: %s', (status, expected) => {
  expect(canUpdate(status)).toBe(expected);
});
