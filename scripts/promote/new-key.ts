import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve, sep } from 'node:path';
import { keyIdOf } from '../../services/shared/statements/envelope.ts';
import { Refusal } from '../command-line/usage-error.ts';

export interface NewKey {
  readonly name: string;
  readonly privateFile: string;
  /** Created if missing. */
  readonly publicDirectory: string;
  /** Undefined: the private key is not encrypted. */
  readonly passphrase: string | undefined;
}

/**
 * Makes a key pair and writes both halves.
 * @throws Refusal if a file exists, or if the private key would be beside the public ones
 */
export function writeNewKey({ name, privateFile, publicDirectory, passphrase }: NewKey) {
  const publicFile = join(publicDirectory, `${name}.pem`);
  // kubectl puts every file of that directory into the ConfigMap.
  if (resolve(privateFile).startsWith(resolve(publicDirectory) + sep))
    throw new Refusal(
      `the private key must not be in ${publicDirectory}, whose files everybody gets: give another --out`,
    );
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const encryption = passphrase === undefined ? {} : { cipher: 'aes-256-cbc', passphrase };
  const secret = privateKey.export({ type: 'pkcs8', format: 'pem', ...encryption });
  makeDirectory(dirname(privateFile), 0o700);
  makeDirectory(publicDirectory, 0o755);
  writeNew(privateFile, secret.toString(), 0o600);
  try {
    writeNew(publicFile, publicKey.export({ type: 'spki', format: 'pem' }).toString(), 0o644);
  } catch (error) {
    rmSync(privateFile);
    throw error;
  }
  return { privateFile, publicFile, id: keyIdOf(publicKey) };
}

function makeDirectory(directory: string, mode: number): void {
  try {
    mkdirSync(directory, { recursive: true, mode });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const reason = code === 'EEXIST' ? 'there is a file of that name' : code;
    throw new Refusal(`the directory ${directory} cannot be made: ${reason}`);
  }
}

function writeNew(file: string, content: string, mode: number): void {
  try {
    writeFileSync(file, content, { mode, flag: 'wx' });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Refusal(
      code === 'EEXIST' ? `${file} exists, and no key is overwritten` : `${file} cannot be written: ${code}`,
    );
  }
}
