import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { keyIdOf, type TrustedKey } from '../../services/shared/statements/envelope.ts';
import { type Statement, signStatement } from '../../services/shared/statements/statement.ts';

/** Somebody, or a job, with a key of its own. */
export interface SigningPerson {
  readonly name: string;
  readonly key: TrustedKey;
  readonly pem: string;
  /** The tag of a version that holds the statement. */
  readonly sign: (statement: Statement) => { readonly key: string; readonly value: string };
}

const ALGORITHMS = {
  p256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  p384: () => generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  ed25519: () => generateKeyPairSync('ed25519'),
} satisfies Record<string, () => { publicKey: KeyObject; privateKey: KeyObject }>;

export function signingPerson(name: string, algorithm: keyof typeof ALGORITHMS = 'p256'): SigningPerson {
  const { publicKey, privateKey } = ALGORITHMS[algorithm]();
  return {
    name,
    key: { name, id: keyIdOf(publicKey), key: publicKey },
    pem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    sign: (statement) => signStatement(statement, privateKey),
  };
}
