import type { Approval } from '../../../services/shared/model-deployment/status.ts';
import { truncate } from '../decision/truncate.ts';

/** Length of a name of who caused a transition, as the status stores it. */
export const BY_LENGTH = 300;

/** Each signer with the names of the keys, for example `alice (Ada Example)`. The key proves it, not the name. */
export function signersOf(approvals: readonly Approval[]): string {
  const signers = approvals.map(({ keys, actor }) => `${keys.join(' and ')} (${actor})`);
  return truncate([...new Set(signers)].join(', '), BY_LENGTH);
}
