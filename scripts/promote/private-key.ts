import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { EnvelopeError, parsePublicKey } from '../../services/shared/statements/envelope.ts';
import { fileReason } from '../command-line/file-reason.ts';
import { Refusal, UsageError } from '../command-line/usage-error.ts';

/** A file of a key is far smaller. */
const LIMIT_BYTES = 64 * 1024;

/** Rights of group and others. */
const OTHERS = 0o077;

/**
 * Reads a private key in PEM. No message shows what the file holds.
 * @throws UsageError, or Refusal if other users of the machine may read the file
 */
export function readPrivateKey(file: string, passphraseFile: string | undefined): KeyObject {
  const pem = readSmallFile(file);
  if (/-----BEGIN PUBLIC KEY-----/.test(pem))
    throw new UsageError(`${file} holds a public key, and signing needs the private one: give another --key`);
  assertOwn(file, 'the private key');
  const passphrase = passphraseFile === undefined ? undefined : readPassphrase(passphraseFile);
  const key = parse(file, pem, passphrase);
  try {
    parsePublicKey(createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString());
  } catch (error) {
    if (!(error instanceof EnvelopeError)) throw error;
    throw new UsageError(`the private key ${file} ${error.message}; make one with \`promote keygen\``);
  }
  return key;
}

function parse(file: string, pem: string, passphrase: string | undefined): KeyObject {
  try {
    return createPrivateKey({ key: pem, ...(passphrase === undefined ? {} : { passphrase }) });
  } catch {
    const isEncrypted = /-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m.test(pem);
    if (!isEncrypted) throw new UsageError(`${file} holds no private key in PEM`);
    throw new UsageError(
      passphrase === undefined
        ? `the private key ${file} needs its passphrase: give --passphrase-file`
        : `the passphrase does not open the private key ${file}`,
    );
  }
}

/** @throws Refusal if other users of the machine may read the secret in the file */
function assertOwn(file: string, secret: string): void {
  if (process.platform !== 'win32' && (statSync(file).mode & OTHERS) !== 0)
    throw new Refusal(`other users may read ${secret} ${file}: run chmod 600 ${file}`);
}

/** The passphrase without the newline that an editor or `echo` leaves at its end. */
export function readPassphrase(file: string): string {
  const passphrase = readSmallFile(file).replace(/\r?\n$/, '');
  assertOwn(file, 'the passphrase in');
  if (passphrase === '') throw new UsageError(`the passphrase in ${file} is empty`);
  return passphrase;
}

/** @throws UsageError */
export function readSmallFile(file: string): string {
  try {
    const { size } = statSync(file);
    if (size > LIMIT_BYTES)
      throw new UsageError(`${file} has ${size} bytes, and at most ${LIMIT_BYTES} are read`);
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const cause = error as NodeJS.ErrnoException;
    throw new UsageError(`${file} cannot be read: ${fileReason(cause) ?? cause.code}`);
  }
}
