import type { AwsEnvironment } from '../../infrastructure/environment-schema.ts';

/** AWS uses this account number in its documentation, and this project in its example. */
const EXAMPLE_ACCOUNT = '111122223333';

/** @throws Error if the settings still name the account of the example */
export function refuseExampleAccount({ account }: AwsEnvironment): void {
  if (account !== EXAMPLE_ACCOUNT) return;
  throw new Error(
    `ACCOUNT in infrastructure/environments.ts is ${account}, the account of the example. Put the number of your account there, and its region into REGION.`,
  );
}
