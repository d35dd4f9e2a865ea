import { type AwsEnvironment, defineAwsEnvironment } from '../../../infrastructure/environment-schema.ts';
import { existingAccount } from '../../../infrastructure/environments.ts';
import type { AwsEmulator } from './aws-emulator.ts';
import { existingNetwork } from './existing-network.ts';

/** Settings for the account of an emulator: the stacks of data and of access, in a VPC and a cluster that exist. */
export async function emulatedSettings(
  emulator: AwsEmulator,
  changes: Partial<Parameters<typeof defineAwsEnvironment>[0]> = {},
): Promise<AwsEnvironment> {
  const { account, region } = emulator;
  const zones = ['a', 'b', 'c'].map((zone) => region + zone);
  return defineAwsEnvironment({
    ...existingAccount,
    account,
    region,
    zones,
    network: await existingNetwork(emulator, zones),
    cluster: { kind: 'existing', name: 'platform', identity: { kind: 'pod-identity' } },
    // A deploy refuses the mail address of an example.
    data: { ...existingAccount.data, alarmEmail: undefined, streams: { capacity: 'provisioned', shards: 2 } },
    ...changes,
  });
}
