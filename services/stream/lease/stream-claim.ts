import type { ShardLease } from './shard-lease.ts';

/** What a process knows of the account in which its stream is. */
export interface StreamClaim {
  readonly account: string;
  /** True if the stream is given by name, as every earlier version did. */
  readonly isNamed: boolean;
}

/**
 * Leases are found by the stream's name, which streams of two accounts may share. So the first process of a group notes
 * the account of its stream, and a process with a stream of another account must not use these leases.
 * @param noted undefined if no process has noted an account yet
 * @throws Error that says what to change
 */
export function assertSameAccount(
  claim: StreamClaim,
  noted: string | undefined,
  leases: readonly ShardLease[],
): void {
  const advice = 'set CONSUMER_GROUP, or LEASE_FILE, to leases of its own';
  if (noted !== undefined && noted !== claim.account) {
    throw new Error(
      `the leases are of a stream in account ${noted}, but INPUT_STREAM is in account ${claim.account}: ${advice}`,
    );
  }
  // An earlier version made these leases. It read the stream of this name in the account of its credentials.
  if (noted === undefined && !claim.isNamed && leases.some(isOfEarlierVersion)) {
    throw new Error(
      `the leases of an earlier version name no account, and INPUT_STREAM is in account ${claim.account}: if they are of that stream, start once with its name as INPUT_STREAM. Otherwise ${advice}`,
    );
  }
}

function isOfEarlierVersion({ createdMilliseconds }: ShardLease): boolean {
  return createdMilliseconds === 0;
}
