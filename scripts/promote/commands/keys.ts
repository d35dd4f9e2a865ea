import { KEYS_OPTION } from '../common-options.ts';
import type { PromoteCommand } from '../desk.ts';
import { keysPath, readPublicKeys } from '../public-keys.ts';
import { textTable } from '../text-table.ts';

export const keysCommand: PromoteCommand = {
  name: 'keys',
  operands: '',
  summary: 'Lists the public keys: name, algorithm and id.',
  details: ['Compare an id over another way than the one by which you got the key, before you trust it.'],
  options: [KEYS_OPTION],
  run: async (input, { environment, terminal }) => {
    const keys = readPublicKeys(keysPath(input.text('keys'), environment));
    const rows = keys.map(({ name, id, key }) => [
      name,
      algorithmOf(key.asymmetricKeyDetails?.namedCurve),
      id,
    ]);
    terminal.out(textTable([['NAME', 'ALGORITHM', 'KEY ID'], ...rows]).join('\n'));
  },
};

function algorithmOf(curve: string | undefined): string {
  if (curve === undefined) return 'Ed25519';
  return curve === 'secp384r1' ? 'ECDSA P-384' : 'ECDSA P-256';
}
