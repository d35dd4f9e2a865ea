import type { Approval } from '../../../services/shared/model-deployment/status.ts';
import { printable } from '../../../services/shared/printable.ts';
import { signerOf } from '../decision/signer-name.ts';

/** Length of a name of who caused a transition, as the status stores it. */
export const BY_LENGTH = 300;

/** Each signer with the names of the keys, for example `alice (Ada Example)`. The key proves it, not the name. */
export function signersOf(approvals: readonly Approval[]): string {
  return printable([...new Set(approvals.map(signerOf))].join(', '), BY_LENGTH);
}
