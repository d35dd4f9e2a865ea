import { KEY_CONFIG_MAPS } from '../../../services/shared/agreements/kubernetes-names.ts';
import { UsageError } from '../../command-line/usage-error.ts';
import { KEYS_OPTION } from '../common-options.ts';
import type { PromoteCommand } from '../desk.ts';
import { writeNewKey } from '../new-key.ts';
import { readPassphrase } from '../private-key.ts';
import { keysPath } from '../public-keys.ts';

const NAME = /^[a-zA-Z0-9]([-_.a-zA-Z0-9]{0,61}[a-zA-Z0-9])?$/;

const [CONFIG_MAP] = KEY_CONFIG_MAPS;

export const keygenCommand: PromoteCommand = {
  name: 'keygen',
  operands: '<name>',
  summary: 'Makes a key pair for ECDSA P-256, and prints the commands that make the cluster trust it.',
  details: [
    'The private key goes to a file that only you may read (mode 0600), as PKCS #8. Keep it outside of the',
    'repository. The public key goes to NAME.pem in the directory of --keys, which may be under version',
    'control. No existing file is overwritten. Every person needs a key of their own.',
  ],
  options: [
    {
      name: 'out',
      value: 'FILE',
      help: 'private key (default ~/.config/loan-eligibility/NAME.key)',
    },
    {
      name: 'passphrase-file',
      value: 'FILE',
      help: 'encrypt the private key with the passphrase in this file (default $PROMOTE_PASSPHRASE_FILE)',
    },
    {
      ...KEYS_OPTION,
      value: 'DIR',
      help: 'directory of public keys (default $PROMOTE_KEYS, else promotion-keys)',
    },
  ],
  run: async (input, { environment, terminal }) => {
    const [name = ''] = input.operands;
    if (!NAME.test(name))
      throw new UsageError(
        `${JSON.stringify(name)} is no name of a key: use at most 63 letters, digits, - _ and .`,
      );
    const passphraseFile =
      input.text('passphrase-file') ?? (environment.PROMOTE_PASSPHRASE_FILE || undefined);
    const directory = keysPath(input.text('keys'), environment);
    const made = writeNewKey({
      name,
      privateFile: input.text('out') ?? defaultPrivateFile(name, environment.HOME),
      publicDirectory: directory,
      passphrase: passphraseFile === undefined ? undefined : readPassphrase(passphraseFile),
    });
    terminal.out(
      [
        `private key  ${made.privateFile}${passphraseFile === undefined ? ', without a passphrase' : ''}`,
        `public key   ${made.publicFile}`,
        `key id       ${made.id}`,
        '',
        'Let the operator trust every key of that directory:',
        `  kubectl create configmap ${CONFIG_MAP} --namespace loan-eligibility --from-file=${directory} \\`,
        '    --dry-run=client --output=yaml | kubectl apply --filename=-',
        '',
        'Let training sign with this key, if it is for training:',
        '  kubectl create secret generic training-signing-key --namespace loan-eligibility \\',
        `    --from-file=key.pem=${made.privateFile}`,
      ].join('\n'),
    );
  },
};

function defaultPrivateFile(name: string, home: string | undefined): string {
  if (!home) throw new UsageError('give --out: the variable HOME is not set');
  return `${home}/.config/loan-eligibility/${name}.key`;
}
