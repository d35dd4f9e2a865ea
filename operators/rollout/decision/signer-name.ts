import type { Approval } from '../../../services/shared/model-deployment/status.ts';
import { printable } from '../../../services/shared/printable.ts';

/**
 * `alice and work-alice (Ada Example)`: the names of the keys, and who the signer said to be. The signer chose that text. With
 * brackets of its own it could look like two signers, so other brackets are shown.
 */
export function signerOf({ keys, actor }: Pick<Approval, 'keys' | 'actor'>): string {
  const said = printable(actor)
    .replaceAll(/\p{Ps}/gu, '[')
    .replaceAll(/\p{Pe}/gu, ']');
  return `${keys.join(' and ')} (${said})`;
}
