import {
  type AwsServiceAccount,
  PERMISSIONS,
  type Right,
  STREAM_TOOL_RIGHTS,
} from '../../../infrastructure/permissions.ts';

/** The policy of people. */
export const STREAM_TOOL = 'stream-tool';

/** ServiceAccounts, and the policy of people. */
export const HOLDERS = [
  'inference',
  'mlflow',
  'training',
  'batch-scoring',
  'rollout',
  'external-secrets',
  STREAM_TOOL,
] as const satisfies readonly (AwsServiceAccount | typeof STREAM_TOOL)[];

export type Holder = (typeof HOLDERS)[number];

/** All rows of the table that a holder may need. */
export function rightsOf(holder: Holder): readonly Right[] {
  return holder === STREAM_TOOL
    ? STREAM_TOOL_RIGHTS
    : PERMISSIONS.filter(({ account }) => account === holder);
}
